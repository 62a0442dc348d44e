package dev.millrace.bench.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The processor time of the whole machine (proc(5), {@code /proc/stat}), by which the work of others is known: it makes a
 * comparison worthless. Zero, so no such work, where there is no {@code /proc}.
 */
final class MachineCpu {

    private static final Path STAT = Path.of("/proc/stat");

    /** The clock tick of every Linux that runs a JVM. */
    private static final int MILLIS_PER_TICK = 10;

    /** In the first line: user, nice, system; interrupts, soft ones, what the host of a virtual machine took away. */
    private static final int[] BUSY = {1, 2, 3, 6, 7, 8};

    /** Processors that others may use. */
    private static final double MAX_OTHER_WORK = 0.2;

    private MachineCpu() {}

    /** What all processors have worked so far. */
    static Duration busy() {
        try {
            return Files.isReadable(STAT) ? busy(Files.readString(STAT)) : Duration.ZERO;
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    static Duration busy(String stat) {
        List<String> fields = Arrays.asList(stat.lines().findFirst().orElse("").split(" +"));
        return Duration.ofMillis(IntStream.of(BUSY)
                        .mapToLong(field -> Long.parseLong(fields.get(field)))
                        .sum()
                * MILLIS_PER_TICK);
    }

    /**
     * Why figures show nothing; empty where they do.
     *
     * @param otherWork processors that others used
     */
    static List<String> flaws(double otherWork) {
        return otherWork <= MAX_OTHER_WORK
                ? List.of()
                : List.of(String.format(Locale.ROOT, "other work used %.1f processors", otherWork));
    }

    /** Processors that others used, where the machine was so busy, and ours in that, for so long. */
    static double otherWork(Duration busy, Duration ours, Duration time) {
        return Math.max(0, (double) busy.minus(ours).toNanos() / time.toNanos());
    }
}
