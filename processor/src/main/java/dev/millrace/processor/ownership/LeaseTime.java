package dev.millrace.processor.ownership;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The time after which a process without a sign of life is taken for gone, and what follows from it. Signs of life come three
 * times in it. Others look ten times in it, and so may see a sign a tenth late, and its absence another tenth late: what
 * has been seen to stand still for eight tenths gave its last sign no longer ago than the whole.
 */
public record LeaseTime(Duration duration) {

    private static final Duration SLOW_DISK = Duration.ofSeconds(5);
    private static final Duration LONGEST_WORK = Duration.ofSeconds(30);
    private static final Duration LONGEST_REST = Duration.ofSeconds(20);

    /** Between two signs of life, nanoseconds. Also a connection that lies idle for longer is ended. */
    public long renewNanos() {
        return Math.min(LONGEST_REST.toNanos(), duration.toNanos() / 3);
    }

    /** Between two looks at the others, milliseconds. */
    public long lookMillis() {
        return duration.toMillis() / 10;
    }

    /** What was seen not to change for so long has ended, nanoseconds. */
    long stillNanos() {
        return duration.toNanos() / 10 * 8;
    }

    /** Looks that are further apart than this say nothing of the time between them, nanoseconds. */
    long longestGapNanos() {
        return duration.toNanos() / 3 * 2;
    }

    /** How long a session of the database may be idle in a transaction, milliseconds. */
    public long idleInTransactionMillis() {
        return duration.toMillis() / 3 * 2;
    }

    /**
     * How long a transaction may last, and a statement that is one by itself, milliseconds: past the lease time the shard has another
     * owner, and the work is for nothing. Not less than a slow disk may take, and not so long that whoever waits for the answer gives
     * up first.
     */
    public long transactionMillis() {
        return Math.clamp(duration.toMillis() / 10 * 8, SLOW_DISK.toMillis(), LONGEST_WORK.toMillis());
    }

    /** How long a statement may wait for a lock, milliseconds. */
    public long lockMillis() {
        return duration.toMillis() / 3;
    }

    /** Whether something that was read at one time is still to be relied on at another. */
    boolean isFresh(long readAt, long now) {
        return now - readAt <= TimeUnit.MILLISECONDS.toNanos(duration.toMillis());
    }
}
