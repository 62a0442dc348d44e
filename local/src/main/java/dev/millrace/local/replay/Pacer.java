package dev.millrace.local.replay;

import java.time.Duration;
import java.util.OptionalDouble;

/** Holds readings back to a rate. After an outage at most a second of it is made up for: no burst follows it. */
final class Pacer {

    private static final int MAX_BATCH = 500;
    private static final double BATCHES_PER_SECOND = 10;
    private static final double NANOS = 1e9;
    private static final Duration MAX_LATENESS = Duration.ofSeconds(1);

    private final OptionalDouble rate;
    private final Ticker ticker;
    private long due;

    /** Readings per second; empty: as fast as they go. */
    Pacer(OptionalDouble rate, Ticker ticker) {
        this.rate = rate;
        this.ticker = ticker;
        this.due = ticker.nanos();
    }

    /** How many readings to send at once: few enough to look steady at this rate, at least one. */
    int batchSize() {
        return rate.isEmpty() ? MAX_BATCH : (int) Math.clamp(rate.getAsDouble() / BATCHES_PER_SECOND, 1, MAX_BATCH);
    }

    /** Waits until this many more readings may be sent. */
    void await(int readings) throws InterruptedException {
        if (rate.isEmpty()) {
            return;
        }
        long now = ticker.nanos();
        due = Math.max(due, now - MAX_LATENESS.toNanos());
        ticker.sleep(Duration.ofNanos(Math.max(0, due - now)));
        due += (long) (readings * NANOS / rate.getAsDouble());
    }
}
