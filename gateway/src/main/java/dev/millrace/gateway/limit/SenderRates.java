package dev.millrace.gateway.limit;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much each sender has sent of what it may: two token buckets a sender, of readings and of bytes, each of which fills at the
 * sender's rate and holds what {@link #BURST_SECONDS} give. Whoever has any left may send a body, however large; what it takes
 * beyond what there was is a debt that must be filled first. So a body may be larger than the bucket, and the rate holds all the
 * same. Each bucket is one number, the time at which it will be full again (GCRA, ATM Forum TM 4.0, 4.4.2).
 *
 * <p>Bounded: a sender whose buckets are full is forgotten when room is needed, which changes nothing for it. Where even that
 * leaves no room, a new sender is let through uncounted. Thread-safe.
 */
public final class SenderRates {

    /** How long a sender that was silent may send as fast as it likes before its rate counts, in what its rate gives. */
    static final int BURST_SECONDS = 2;

    static final int MAX_SENDERS = 262_144;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long BURST = BURST_SECONDS * SECOND;

    /** Above it a debt does not grow, so that no sum overflows: a century. */
    private static final long MAX_DEBT = TimeUnit.DAYS.toNanos(36_500);

    private static final class Buckets {
        /** When that of readings, and that of bytes, will be full. */
        private final AtomicLong readings;

        private final AtomicLong bytes;

        Buckets(long now) {
            readings = new AtomicLong(now);
            bytes = new AtomicLong(now);
        }

        boolean areFull(long now) {
            return readings.get() - now <= 0 && bytes.get() - now <= 0;
        }
    }

    private final ConcurrentHashMap<String, Buckets> senders = new ConcurrentHashMap<>();
    private final AtomicLong nextCleaning;

    /** Rates of which nothing is used up; {@code now} is of the clock whose time the other methods are told. */
    public SenderRates(long now) {
        this.nextCleaning = new AtomicLong(now);
    }

    /** How many nanoseconds a sender must wait before it may send; 0: it may. */
    public long waitOf(String sender, Rate rate, long now) {
        Buckets buckets = rate.isUnlimited() ? null : senders.get(sender);
        if (buckets == null) {
            return 0;
        }
        long readings = rate.readingsPerSecond() == 0 ? 0 : buckets.readings.get() - now - BURST;
        long bytes = rate.bytesPerSecond() == 0 ? 0 : buckets.bytes.get() - now - BURST;
        return Math.max(0, Math.max(readings, bytes));
    }

    /** A sender has sent this. */
    public void take(String sender, Rate rate, int readings, long bytes, long now) {
        if (rate.isUnlimited()) {
            return;
        }
        Buckets buckets = senders.get(sender);
        if (buckets == null) {
            if (senders.mappingCount() >= MAX_SENDERS && !clean(now)) {
                return;
            }
            buckets = senders.computeIfAbsent(sender, _ -> new Buckets(now));
        }
        if (rate.readingsPerSecond() > 0) {
            take(buckets.readings, cost(readings, rate.readingsPerSecond()), now);
        }
        if (rate.bytesPerSecond() > 0) {
            take(buckets.bytes, cost(bytes, rate.bytesPerSecond()), now);
        }
    }

    /** At most 2^22 bytes, or a few thousand readings, in nanoseconds: no overflow. */
    private static long cost(long amount, int perSecond) {
        return amount * SECOND / perSecond;
    }

    private static void take(AtomicLong fullAt, long cost, long now) {
        // the difference, not the times: the clock may go beyond its largest number
        fullAt.updateAndGet(full -> now + Math.clamp(full - now, 0, MAX_DEBT) + cost);
    }

    /** Forgets those with full buckets, at most once a second; answers whether there is room. */
    private boolean clean(long now) {
        long due = nextCleaning.get();
        if (now - due >= 0 && nextCleaning.compareAndSet(due, now + SECOND)) {
            senders.values().removeIf(buckets -> buckets.areFull(now));
        }
        return senders.mappingCount() < MAX_SENDERS;
    }

    /** How many senders it remembers. */
    int size() {
        return senders.size();
    }
}
