package dev.millrace.gateway;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a file now and then, or at several that belong together, one look at a time and on no event loop. */
public final class FileWatch {

    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

    private final Vertx vertx;
    private final String file;
    private final Callable<?> look;
    private final Duration interval;
    private final AtomicBoolean looking = new AtomicBoolean();

    private volatile long timer = -1;

    /**
     * A watch that does not look before {@link #start}.
     *
     * @param file what it is, for the log
     * @param look may block
     */
    public FileWatch(Vertx vertx, String file, Callable<?> look, Duration interval) {
        this.vertx = vertx;
        this.file = file;
        this.look = look;
        this.interval = interval;
    }

    /** Begins to look, for the first time after an interval. */
    public void start() {
        timer = vertx.setPeriodic(interval.toMillis(), _ -> look());
    }

    private void look() {
        // a file system that hangs must not collect threads
        if (looking.compareAndSet(false, true)) {
            vertx.executeBlocking(look, false)
                    .onFailure(cause -> LOG.error("The look at the {} failed unexpectedly", file, cause))
                    .onComplete(_ -> looking.set(false));
        }
    }

    /** Looks no more. */
    public void stop() {
        vertx.cancelTimer(timer);
    }
}
