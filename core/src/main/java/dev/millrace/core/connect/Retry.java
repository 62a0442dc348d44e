package dev.millrace.core.connect;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential back-off with full jitter: a wait between nothing and a bound that doubles up to a limit, so that many who
 * failed together do not come back together (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param first the bound of the first wait
 * @param limit the bound of all later ones
 */
public record Retry(Duration first, Duration limit) {

    /** The wait before a retry, in milliseconds, at least 1; {@code failures} counts those in a row, from 1. */
    public long delayMillis(int failures, RandomGenerator random) {
        long bound = Math.min(limit.toMillis(), first.toMillis() << Math.min(failures - 1, 30));
        return 1 + random.nextLong(Math.max(1, bound));
    }
}
