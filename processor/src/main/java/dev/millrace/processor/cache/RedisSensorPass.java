package dev.millrace.processor.cache;

import dev.millrace.core.wire.HashKey;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.SensorStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A walk through the sensors of some shards, in the order of their ids, a page a step. One that could not be taken is taken
 * again. For one thread.
 */
final class RedisSensorPass {

    /** Sensors looked at a step. */
    static final int PAGE = 500;

    /**
     * Arrival times of a shard are not strictly in order (Kinesis promises an approximate one): what arrived a little before
     * may have been committed a little later.
     */
    private static final long SKEW_MICROS =
            TimeUnit.MILLISECONDS.toMicros(Duration.ofSeconds(5).toMillis());

    private final Set<Arrears> shards;
    private final long since;
    private final boolean all;
    private String after = "";
    private int rebuilt;

    private RedisSensorPass(Set<Arrears> shards, long since, boolean all) {
        this.shards = shards;
        this.since = since;
        this.all = all;
    }

    /**
     * Of the shards that are owed something, all sensors of which something arrived since. Those that are owed everything are
     * a walk of their own: the others need not wait for it.
     */
    static List<RedisSensorPass> ofArrears(Collection<Arrears> joined) {
        Set<Arrears> some = new HashSet<>();
        Set<Arrears> everything = new HashSet<>();
        long since = Long.MAX_VALUE;
        for (Arrears shard : joined) {
            OptionalLong owed = shard.settle();
            if (owed.isEmpty()) {
                continue;
            }
            if (owed.getAsLong() == Arrears.ALL) {
                everything.add(shard);
            } else {
                some.add(shard);
                since = Math.min(since, owed.getAsLong());
            }
        }
        List<RedisSensorPass> passes = new ArrayList<>(2);
        if (!some.isEmpty()) {
            passes.add(new RedisSensorPass(some, since - SKEW_MICROS, true));
        }
        if (!everything.isEmpty()) {
            passes.add(new RedisSensorPass(everything, Arrears.ALL, true));
        }
        return passes;
    }

    /** Of the shards, all sensors whose hash is not complete. */
    static RedisSensorPass ofLacking(Collection<Arrears> shards) {
        return new RedisSensorPass(Set.copyOf(shards), Arrears.ALL, false);
    }

    /** The shards that it is about. */
    Set<Arrears> shards() {
        return shards;
    }

    /** How many hashes it has built so far. */
    int rebuilt() {
        return rebuilt;
    }

    /** What {@link #ofArrears} began is made good. */
    void settled() {
        shards.forEach(Arrears::settled);
    }

    /** Goes through a page, and answers whether it was the last. */
    boolean step(SensorStore store, RedisHashes hashes, RedisRebuild rebuild) throws RedisAway, StoreAway {
        List<String> page = page(store);
        Map<String, Arrears> own = new LinkedHashMap<>();
        for (String sensorId : page) {
            HashKey key = HashKey.ofPartitionKey(sensorId);
            for (Arrears shard : shards) {
                if (shard.holds(key)) {
                    own.put(sensorId, shard);
                }
            }
        }
        RedisRebuild.Outcome outcome = all ? rebuild.all(own.keySet()) : rebuild.lacking(hashes.lacking(own.keySet()));
        rebuilt += outcome.rebuilt();
        for (String sensorId : outcome.incomplete()) {
            Arrears shard = own.get(sensorId);
            if (shard != null) {
                shard.addIncomplete(List.of(sensorId));
            }
        }
        if (page.size() < PAGE) {
            return true;
        }
        after = page.getLast();
        return false;
    }

    private List<String> page(SensorStore store) throws StoreAway {
        return switch (store.seenSince(since, after, PAGE)) {
            case Loaded.Found(List<String> page) -> page;
            case Loaded.Unavailable<List<String>>(String reason) -> throw new StoreAway(reason);
        };
    }
}
