package dev.millrace.local.replay;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The waits between attempts: at random up to a limit that doubles from 100 ms to 5 s ("full jitter", AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), until a time has passed without progress.
 */
final class BackOff {

    private static final Duration FIRST_LIMIT = Duration.ofMillis(100);
    private static final Duration LAST_LIMIT = Duration.ofSeconds(5);

    private final Duration patience;
    private final Ticker ticker;
    private final RandomGenerator random;
    private long progressAt;
    private Duration limit = FIRST_LIMIT;

    BackOff(Duration patience, Ticker ticker, RandomGenerator random) {
        this.patience = patience;
        this.ticker = ticker;
        this.random = random;
        this.progressAt = ticker.nanos();
    }

    /** There was progress: the waits begin small again, and the time anew. */
    void progress() {
        progressAt = ticker.nanos();
        limit = FIRST_LIMIT;
    }

    /**
     * Waits before the next attempt, or says that it is not worth another one.
     *
     * @param atLeast what the other side asks for, cut where the time ends
     * @return whether to try again
     */
    boolean pause(Duration atLeast) throws InterruptedException {
        Duration left = patience.minusNanos(ticker.nanos() - progressAt);
        if (!left.isPositive()) {
            return false;
        }
        Duration wait = atLeast.plusNanos((long) (random.nextDouble() * limit.toNanos()));
        ticker.sleep(wait.compareTo(left) < 0 ? wait : left);
        Duration doubled = limit.multipliedBy(2);
        limit = doubled.compareTo(LAST_LIMIT) < 0 ? doubled : LAST_LIMIT;
        return true;
    }
}
