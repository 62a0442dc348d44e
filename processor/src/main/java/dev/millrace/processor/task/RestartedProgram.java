package dev.millrace.processor.task;

import dev.millrace.core.connect.Retry;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a program anew, after a back-off, when a fault breaks it off: what a process lives by must not end while the process
 * looks alive to others.
 */
public final class RestartedProgram implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(RestartedProgram.class);

    private static final Retry RETRY = new Retry(Duration.ofSeconds(1), Duration.ofMinutes(1));

    private final String name;
    private final Tasks.Program program;
    private final RandomGenerator random;

    /** @param name for people who read the log */
    public RestartedProgram(String name, Tasks.Program program, RandomGenerator random) {
        this.name = name;
        this.program = program;
        this.random = random;
    }

    @Override
    public void run(Waits waits) {
        for (int faults = 1; ; faults++) {
            try {
                program.run(waits);
                return;
            } catch (Throwable e) {
                LOG.error("The task {} was broken off by a fault, and begins anew", name, e);
            }
            if (waits.stopRequested()) {
                return;
            }
            waits.pause(RETRY.delayMillis(faults, random));
        }
    }
}
