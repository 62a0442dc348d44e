package dev.millrace.processor.cache;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.store.ShardKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What the cache owes one shard's sensors: told by the shard's loop, made good by the keeper. Bounded, whatever the length of
 * an outage. Thread-safe.
 */
final class Arrears {

    /** Sensors remembered one by one; beyond, all are looked at. Some 400 KB. */
    static final int MAX_INCOMPLETE = 2_000;

    /** No arrival is so late. */
    private static final long NONE = Long.MAX_VALUE;

    /** Before all arrivals, and so: nothing is known to be in the cache. */
    static final long ALL = Long.MIN_VALUE;

    private final ShardKey shard;
    private final HashKeyRange range;
    private final Set<String> incomplete = new LinkedHashSet<>();
    private boolean forgotSome;

    /** What arrived from here on may be lacking. */
    private long owed = NONE;
    /** The same, of what the keeper is making good now. */
    private long underWay = NONE;
    /** What arrived before was committed; it is in the cache unless it is owed. */
    private long reached = ALL;

    Arrears(ShardKey shard, HashKeyRange range) {
        this.shard = shard;
        this.range = range;
    }

    ShardKey shard() {
        return shard;
    }

    boolean holds(HashKey key) {
        return range.contains(key);
    }

    /** What arrived from {@code since} on may be lacking; {@link #ALL}: everything. */
    synchronized void owe(long since) {
        owed = Math.min(owed, since);
    }

    /** What arrived before was committed by whoever read the shard before. */
    synchronized void begin(long since) {
        owe(since);
        reached = Math.max(reached, since);
    }

    /** A batch whose last record arrived then was committed, and is in the cache or owed. */
    synchronized void reach(long arrivedTo) {
        reached = Math.max(reached, arrivedTo);
    }

    /** What arrived before is in the cache; empty: nothing is known to be. */
    synchronized OptionalLong settledTo() {
        long settled = Math.min(Math.min(owed, underWay), reached);
        return settled == ALL ? OptionalLong.empty() : OptionalLong.of(settled);
    }

    /** Hashes of these sensors are not complete. */
    synchronized void addIncomplete(Collection<String> sensorIds) {
        for (String sensorId : sensorIds) {
            if (incomplete.size() < MAX_INCOMPLETE) {
                incomplete.add(sensorId);
            } else if (!incomplete.contains(sensorId)) {
                forgotSome = true;
            }
        }
    }

    /** Some of the sensors told of, no longer remembered. */
    synchronized List<String> takeIncomplete(int limit) {
        List<String> taken = new ArrayList<>(incomplete.stream().limit(limit).toList());
        taken.forEach(incomplete::remove);
        return taken;
    }

    /** Whether there were too many of them to remember since the last call, so that all must be looked at. */
    synchronized boolean takeForgotSome() {
        boolean forgot = forgotSome;
        forgotSome = false;
        return forgot;
    }

    /** Begins to make good what is owed, and answers from when on; empty where nothing is, or it has begun before. */
    synchronized OptionalLong settle() {
        if (owed == NONE || underWay != NONE) {
            return OptionalLong.empty();
        }
        underWay = owed;
        owed = NONE;
        return OptionalLong.of(underWay);
    }

    /** What {@link #settle} began is done. */
    synchronized void settled() {
        underWay = NONE;
    }
}
