package dev.millrace.processor.shard;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How fast the states of series are written down that have changed.
 *
 * @param after not before so long after a change: what changes again until then is written once
 * @param rowsPerSecond at most, unless more is needed for {@code within}; positive
 * @param within a change is written down about so long after it, at the latest; a second at least
 */
public record SnapshotPace(Duration after, int rowsPerSecond, Duration within) {

    /** A new owner of a shard that was left without a word feeds about a minute of it again, at most. */
    public static final SnapshotPace USUAL = new SnapshotPace(Duration.ofSeconds(10), 1_000, Duration.ofSeconds(50));

    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    /** A pause between commits does not lead to more than a second's worth for each of these. */
    private static final double MOST_SECONDS = 5;

    public SnapshotPace {
        if (rowsPerSecond <= 0 || within.toMillis() < 1_000 || after.isNegative()) {
            throw new IllegalArgumentException("a pace must be positive, and within a second at least");
        }
    }

    /** How many of so many dirty ones are to be written, so long after the last commit. */
    int rows(int dirty, long nanosSinceCommit) {
        // what is dirty must get its turn with some time to spare
        double rate = Math.max(rowsPerSecond, dirty / (0.7 * within.toMillis() / 1_000));
        double seconds = Math.clamp(nanosSinceCommit / NANOS_PER_SECOND, 0, MOST_SECONDS);
        return (int) Math.min(dirty, Math.ceil(rate * seconds));
    }

    /** Whether what was changed then may be written. */
    boolean isRipe(long since, long now) {
        return now - since >= after.toNanos();
    }

    /** When something has changed at the latest that may be written now. */
    long ripeAt(long now) {
        return now - after.toNanos();
    }

    /** Whether what was changed then is late. */
    boolean isLate(long since, long now) {
        return now - since >= within.toNanos();
    }
}
