package dev.millrace.gateway.limit;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests, or publishes over MQTT, one client address may make: a token bucket for each, that fills at the rate and holds what two seconds
 * give. Kept as one number an address, the time at which its bucket will be full again (GCRA, ATM Forum TM 4.0, 4.4.2).
 *
 * <p>Bounded: an address whose bucket is full is forgotten when room is needed, which changes nothing for it. Where even that
 * leaves no room, a new address is let through: so many active addresses are no matter of one of them. Thread-safe.
 */
public final class AddressRateLimit {

    static final int MAX_ADDRESSES = 65_536;

    private static final long SECOND = 1_000_000_000L;
    private static final long BURST = 2 * SECOND;

    /** No IPv6 network that is given out begins so: the keys of IPv4 addresses are nobody else's. */
    private static final long IPV4 = 0xFFFFL << Integer.SIZE;

    private final long interval;
    private final ConcurrentHashMap<Long, AtomicLong> fullAt = new ConcurrentHashMap<>();
    private final AtomicLong nextCleaning;

    /**
     * A limit, with every bucket full.
     *
     * @param perSecond requests a second, at least 1
     * @param now nanoseconds of the clock whose time {@link #take} is told
     */
    public AddressRateLimit(int perSecond, long now) {
        this.interval = SECOND / perSecond;
        this.nextCleaning = new AtomicLong(now);
    }

    /** What an address is known by: the whole of IPv4, of IPv6 the network that one customer gets (/64). */
    public static long key(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? IPV4 | Integer.toUnsignedLong(bytes.getInt()) : bytes.getLong();
    }

    /** Takes a request of an address, or answers how many nanoseconds it must wait for the next one; 0: taken. */
    public long take(long key, long now) {
        AtomicLong bucket = fullAt.get(key);
        if (bucket == null) {
            if (fullAt.mappingCount() >= MAX_ADDRESSES && !clean(now)) {
                return 0;
            }
            bucket = fullAt.computeIfAbsent(key, _ -> new AtomicLong(now));
        }
        while (true) {
            long full = bucket.get();
            long next = (full - now > 0 ? full : now) + interval;
            if (next - now > BURST) {
                return next - now - BURST;
            }
            if (bucket.compareAndSet(full, next)) {
                return 0;
            }
        }
    }

    /** Forgets those with a full bucket, at most once a second; answers whether there is room. */
    private boolean clean(long now) {
        long due = nextCleaning.get();
        if (now - due >= 0 && nextCleaning.compareAndSet(due, now + SECOND)) {
            fullAt.values().removeIf(full -> full.get() - now <= 0);
        }
        return fullAt.mappingCount() < MAX_ADDRESSES;
    }

    /** How many addresses it remembers. */
    int size() {
        return fullAt.size();
    }
}
