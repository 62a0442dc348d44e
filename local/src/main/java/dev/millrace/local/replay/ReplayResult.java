package dev.millrace.local.replay;

import java.time.Duration;
import java.util.Locale;

/**
 * What became of the readings of a file. Every line after the header that is not empty and could be
 * read is counted in exactly one of the three.
 *
 * @param accepted the gateway said that it has them
 * @param rejected no reading, or one that the gateway will never take
 * @param failed not known to be accepted
 * @param elapsed from the first to the last
 */
public record ReplayResult(long accepted, long rejected, long failed, Duration elapsed) {

    private static final double MIN_SECONDS = 0.001;

    /** The last line that is printed; scripts read it. */
    public String line() {
        double seconds = elapsed.toNanos() / 1e9;
        return String.format(
                Locale.ROOT,
                "accepted %d, rejected %d, failed %d in %.1f s (%d readings/s)",
                accepted,
                rejected,
                failed,
                seconds,
                Math.round(accepted / Math.max(seconds, MIN_SECONDS)));
    }

    /** 0 if every reading is accepted, else 1. */
    public int exitCode() {
        return rejected == 0 && failed == 0 ? 0 : 1;
    }
}
