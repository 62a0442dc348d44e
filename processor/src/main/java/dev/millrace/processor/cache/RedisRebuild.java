package dev.millrace.processor.cache;

import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.SensorStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Builds hashes from the database, a few at a time. For one thread. */
final class RedisRebuild {

    /** Few, because some sensors have thousands of names. */
    private static final int BATCH = 100;

    private final RedisHashes hashes;
    private final SensorStore store;
    private final CacheMeter meter;
    private final RandomGenerator random;
    /** Smaller after a failure of the database, which may have been one of too much at once. */
    private int size = BATCH;

    RedisRebuild(RedisHashes hashes, SensorStore store, CacheMeter meter, RandomGenerator random) {
        this.hashes = hashes;
        this.store = store;
        this.meter = meter;
        this.random = random;
    }

    /**
     * What became of it.
     *
     * @param rebuilt hashes that are right now
     * @param incomplete sensors whose hashes were deleted meanwhile: to be tried again
     */
    record Outcome(int rebuilt, Set<String> incomplete) {}

    /** Completes the hashes that are not complete. */
    Outcome lacking(Collection<String> sensorIds) throws RedisAway, StoreAway {
        return rebuild(sensorIds, false);
    }

    /** Completes them, and brings those up to date that say they are complete. */
    Outcome all(Collection<String> sensorIds) throws RedisAway, StoreAway {
        return rebuild(sensorIds, true);
    }

    private Outcome rebuild(Collection<String> sensorIds, boolean all) throws RedisAway, StoreAway {
        int rebuilt = 0;
        Set<String> incomplete = new HashSet<>();
        List<String> ids = new ArrayList<>(sensorIds);
        int from = 0;
        while (from < ids.size()) {
            int to = Math.min(from + size, ids.size());
            Outcome outcome = batch(ids.subList(from, to), all);
            from = to;
            rebuilt += outcome.rebuilt;
            incomplete.addAll(outcome.incomplete);
        }
        return new Outcome(rebuilt, incomplete);
    }

    private Outcome batch(List<String> sensorIds, boolean all) throws RedisAway, StoreAway {
        String token = "rebuild-" + Long.toHexString(random.nextLong());
        RedisHashes.Written stamped = hashes.stamp(sensorIds, token);
        Set<String> build = new HashSet<>(all ? sensorIds : stamped.incomplete());
        build.removeAll(stamped.refused());
        if (build.isEmpty()) {
            return new Outcome(0, Set.of());
        }
        Map<String, List<LatestValue>> values = HashMap.newHashMap(build.size());
        // one that never had a value lacks none
        build.forEach(sensorId -> values.put(sensorId, List.of()));
        switch (store.latest(build)) {
            case Loaded.Found(Map<String, List<LatestValue>> latest) -> {
                values.putAll(latest);
                size = Math.min(BATCH, 2 * size);
            }
            case Loaded.Unavailable<Map<String, List<LatestValue>>>(String reason) -> {
                size = Math.max(1, size / 2);
                throw new StoreAway(reason);
            }
        }
        RedisHashes.Written written = hashes.write(values, token);
        // what is refused is deleted and so not wrong; it is tried again by its next reading, or the slow round
        int rebuilt =
                values.size() - written.incomplete().size() - written.refused().size();
        meter.rebuilt(rebuilt);
        return new Outcome(rebuilt, written.incomplete());
    }
}
