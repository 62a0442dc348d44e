package dev.millrace.core.reading;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The time that a reading without a timestamp gets. It rises strictly over all sensors of the process, and so for each of
 * them, without a memory per sensor; it runs ahead of the clock only while more than a million readings a second ask.
 */
public final class ReceiptClock {

    private final Clock clock;
    private final AtomicLong last = new AtomicLong(Long.MIN_VALUE);

    public ReceiptClock(Clock clock) {
        this.clock = clock;
    }

    /** Microseconds since 1970-01-01T00:00:00Z. */
    public long now() {
        Instant now = clock.instant();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** Like {@link #now}, but larger than all that it answered before. */
    public long next() {
        long now = now();
        return last.accumulateAndGet(now, (before, time) -> Math.max(before + 1, time));
    }
}
