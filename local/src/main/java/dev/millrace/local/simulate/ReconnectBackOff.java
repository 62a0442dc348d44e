package dev.millrace.local.simulate;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a device waits before it connects again: at random up to a limit that doubles from 250 ms to 5 s ("full jitter", AWS
 * Architecture Blog, "Exponential Backoff And Jitter"), so that the devices that a gateway lost do not come back all at once.
 */
final class ReconnectBackOff {

    static final Duration FIRST_LIMIT = Duration.ofMillis(250);
    static final Duration LAST_LIMIT = Duration.ofSeconds(5);

    private final RandomGenerator random;
    private Duration limit = FIRST_LIMIT;

    ReconnectBackOff(RandomGenerator random) {
        this.random = random;
    }

    /** The next wait. */
    Duration next() {
        Duration wait = Duration.ofNanos((long) (random.nextDouble() * limit.toNanos()));
        Duration doubled = limit.multipliedBy(2);
        limit = doubled.compareTo(LAST_LIMIT) < 0 ? doubled : LAST_LIMIT;
        return wait;
    }

    /** A reading was acknowledged: the waits begin small again. */
    void reset() {
        limit = FIRST_LIMIT;
    }
}
