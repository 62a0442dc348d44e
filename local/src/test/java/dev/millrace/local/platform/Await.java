package dev.millrace.local.platform;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, long enough for the slowest machine. */
final class Await {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** At first, for what is nearly there; looks that are in vain are fewer and fewer, since they take from what they wait for. */
    private static final long FIRST_NANOS = Duration.ofMillis(10).toNanos();

    private static final long LAST_NANOS = Duration.ofMillis(160).toNanos();

    private Await() {}

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        long interval = FIRST_NANOS;
        while (!condition.call()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited in vain until " + what);
            }
            LockSupport.parkNanos(interval);
            interval = Math.min(2 * interval, LAST_NANOS);
        }
    }

    /** Waits until a time of {@link System#nanoTime}, for what is about time itself. */
    static void until(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
