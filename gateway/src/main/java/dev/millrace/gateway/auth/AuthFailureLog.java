package dev.millrace.gateway.auth;

import dev.millrace.gateway.GatewayMetrics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts requests that are turned away, and tells of them in at most a line a reason in {@link #INTERVAL}: whoever knocks a million
 * times must not fill a disk. Thread-safe.
 */
public final class AuthFailureLog {

    static final Duration INTERVAL = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(AuthFailureLog.class);

    private final GatewayMetrics metrics;
    private final LongSupplier nanoTime;
    private final Map<AuthFailure, Tally> tallies = new EnumMap<>(AuthFailure.class);

    /** @param nanoTime a monotonic clock */
    public AuthFailureLog(GatewayMetrics metrics, LongSupplier nanoTime) {
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        for (AuthFailure reason : AuthFailure.values()) {
            tallies.put(reason, new Tally(nanoTime.getAsLong() - INTERVAL.toNanos()));
        }
    }

    /**
     * A request was turned away.
     *
     * @param who the caller's name, as far as it is known or said; no secret
     * @param address where they call from
     */
    public void record(AuthFailure reason, Optional<String> who, String address) {
        metrics.turnedAway(reason);
        Tally tally = tallies.get(reason);
        if (tally != null) {
            tally.record(reason, who.map(name -> name + " at " + address).orElse(address), nanoTime.getAsLong());
        }
    }

    private static final class Tally {
        private final AtomicLong lastTold;
        private final AtomicLong untold = new AtomicLong();

        Tally(long lastTold) {
            this.lastTold = new AtomicLong(lastTold);
        }

        void record(AuthFailure reason, String who, long now) {
            untold.incrementAndGet();
            long last = lastTold.get();
            if (now - last >= INTERVAL.toNanos() && lastTold.compareAndSet(last, now)) {
                LOG.info(
                        "Turned away {} request(s) because of {}, the last of {}",
                        untold.getAndSet(0),
                        reason.description(),
                        who);
            }
        }
    }
}
