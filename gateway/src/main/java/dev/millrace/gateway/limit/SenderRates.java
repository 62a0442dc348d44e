package dev.millrace.gateway.limit;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much each sender has sent of what it may: two token buckets a sender, of readings and of bytes, each of which fills at the
 * sender's rate and holds what {@link #BURST_SECONDS} give. Whoever has any left may send a body, however large; what it takes
 * beyond what there was is a debt that must be filled first, an hour's at most. So a body may be larger than the bucket, and the
 * rate holds all the same. With another rate the debt is forgotten. Each bucket is one number, the time at which it will be full again (GCRA, ATM Forum TM 4.0, 4.4.2).
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

    /** What nobody must wait longer than, whoever has sent in their name: the price of the largest body at a few readings a second. */
    static final long MAX_DEBT = TimeUnit.HOURS.toNanos(1);

    /** Of one sender. */
    private static final class Buckets {
        private Rate rate;
        /** When that of readings, and that of bytes, will be full. */
        private long readings;

        private long bytes;

        Buckets(Rate rate, long now) {
            this.rate = rate;
            this.readings = now;
            this.bytes = now;
        }

        synchronized boolean areFull(long now) {
            return readings - now <= 0 && bytes - now <= 0;
        }

        synchronized long waitOf(Rate current, long now) {
            become(current, now);
            return Math.max(0, Math.max(readings - now - BURST, bytes - now - BURST));
        }

        synchronized long take(Rate current, int howMany, long howLarge, boolean unlessInDebt, long now) {
            long wait = waitOf(current, now);
            if (wait > 0 && unlessInDebt) {
                return wait;
            }
            readings = later(readings, howMany, rate.readingsPerSecond(), now);
            bytes = later(bytes, howLarge, rate.bytesPerSecond(), now);
            return 0;
        }

        /** A debt is one at a rate: with another it begins anew. */
        private void become(Rate current, long now) {
            if (!rate.equals(current)) {
                rate = current;
                readings = now;
                bytes = now;
            }
        }

        private static long later(long full, long amount, int perSecond, long now) {
            if (perSecond == 0) {
                return now;
            }
            // at most 2^22 bytes, or a few thousand readings: no overflow; and differences of times, which may wrap
            long debt = Math.max(0, full - now) + amount * SECOND / perSecond;
            return now + Math.min(debt, BURST + MAX_DEBT);
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
        return buckets == null ? 0 : buckets.waitOf(rate, now);
    }

    /** A sender has sent this, whatever became of it. */
    public void take(String sender, Rate rate, int readings, long bytes, long now) {
        take(sender, rate, readings, bytes, false, now);
    }

    /**
     * A sender wants to send this: it is taken, or the answer is how many nanoseconds it must wait. Of several that are sent at a time
     * each finds what those before it have left.
     */
    public long tryTake(String sender, Rate rate, int readings, long bytes, long now) {
        return take(sender, rate, readings, bytes, true, now);
    }

    private long take(String sender, Rate rate, int readings, long bytes, boolean unlessInDebt, long now) {
        if (rate.isUnlimited()) {
            return 0;
        }
        Buckets buckets = senders.get(sender);
        if (buckets == null) {
            if (senders.mappingCount() >= MAX_SENDERS && !clean(now)) {
                return 0;
            }
            buckets = senders.computeIfAbsent(sender, _ -> new Buckets(rate, now));
        }
        return buckets.take(rate, readings, bytes, unlessInDebt, now);
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
