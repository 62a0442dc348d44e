package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What the stores without a database share: a stream's shards, and what came of them. The stores lock it for each of their
 * calls, which are transactions by that.
 */
public final class Content {

    /** A row of shard_progress. */
    static final class Shard {

        ShardState state;
        long userRecords;

        Shard(ShardState state) {
            this.state = state;
        }

        Shard(Shard other) {
            this.state = other.state;
            this.userRecords = other.userRecords;
        }
    }

    record Identity(SeriesId series, long at) {}

    Optional<OptionalLong> start = Optional.empty();
    final Map<String, Shard> shards = new TreeMap<>();
    final Map<Identity, Measurement> samples = new HashMap<>();
    final Map<UUID, StoredAnomaly> anomalies = new TreeMap<>();
    final Map<String, List<Position>> deadLetters = new TreeMap<>();
    final Map<String, Map<Position, Gap>> gaps = new TreeMap<>();
    final Map<String, Seen> seen = new TreeMap<>();
    final Map<String, Set<Position>> unstorable = new TreeMap<>();
    final Map<SeriesId, SeriesSnapshot> snapshots = new TreeMap<>();
    final Map<String, List<JournalPage>> journal = new TreeMap<>();
    final Map<Integer, String> rules = new TreeMap<>();

    private final List<Consumer<String>> listeners = new ArrayList<>();

    /** All of it, but of the shards only one. */
    public synchronized StoredContent stored(String shardId) {
        return stored(List.of(shardId));
    }

    /** All of it. */
    public synchronized StoredContent stored() {
        return stored(List.copyOf(shards.keySet()));
    }

    private StoredContent stored(List<String> shardIds) {
        Map<SeriesId, Map<Long, Measurement>> bySeries = new TreeMap<>();
        samples.forEach((identity, measurement) ->
                bySeries.computeIfAbsent(identity.series, _ -> new TreeMap<>()).put(identity.at, measurement));
        long userRecords = 0;
        List<Position> letters = new ArrayList<>();
        List<Gap> found = new ArrayList<>();
        for (String shardId : shardIds) {
            Shard shard = shards.get(shardId);
            userRecords += shard == null ? 0 : shard.userRecords;
            letters.addAll(deadLetters.getOrDefault(shardId, List.of()));
            found.addAll(gaps.getOrDefault(shardId, Map.of()).values());
        }
        return new StoredContent(userRecords, bySeries, new TreeMap<>(anomalies), letters, found, new TreeMap<>(seen));
    }

    /** What a shard's row holds; empty where there is none. */
    public synchronized Optional<ShardState> state(String shardId) {
        return Optional.ofNullable(shards.get(shardId)).map(shard -> shard.state);
    }

    /** What the rows of all shards hold that have one. */
    public synchronized Map<String, ShardState> states() {
        Map<String, ShardState> states = new TreeMap<>();
        shards.forEach((shardId, shard) -> states.put(shardId, shard.state));
        return states;
    }

    /** A copy, without those who listen: a standby's, say. */
    public synchronized Content copy() {
        Content copy = new Content();
        copy.replaceBy(this);
        return copy;
    }

    /** Becomes what another one holds; whoever listens here goes on listening. A fail-over that loses commits does so. */
    public synchronized void replaceBy(Content other) {
        start = other.start;
        replace(samples, other.samples);
        replace(anomalies, other.anomalies);
        replace(seen, other.seen);
        replace(snapshots, other.snapshots);
        replace(rules, other.rules);
        unstorable.clear();
        other.unstorable.forEach((id, places) -> unstorable.put(id, new HashSet<>(places)));
        shards.clear();
        other.shards.forEach((id, shard) -> shards.put(id, new Shard(shard)));
        journal.clear();
        other.journal.forEach((id, pages) -> journal.put(id, new ArrayList<>(pages)));
        deadLetters.clear();
        other.deadLetters.forEach((id, letters) -> deadLetters.put(id, new ArrayList<>(letters)));
        gaps.clear();
        other.gaps.forEach((id, gap) -> gaps.put(id, new HashMap<>(gap)));
    }

    private static <K, V> void replace(Map<K, V> map, Map<K, V> by) {
        Map<K, V> other = Map.copyOf(by);
        map.clear();
        map.putAll(other);
    }

    /** Stores the rules of a version. */
    public synchronized void store(int version, String text) {
        rules.put(version, text);
    }

    /** Nothing is known of detectors, as where an earlier version has stored all there is. */
    public synchronized void forgetDetectors() {
        snapshots.clear();
        journal.clear();
        shards.values()
                .forEach(shard -> shard.state = new ShardState(
                        shard.state.progress(),
                        shard.state.owner(),
                        shard.state.arrivedAt(),
                        shard.state.startAt(),
                        shard.state.streamTime(),
                        shard.state.cachedTo(),
                        shard.state.beat(),
                        DetectorState.NONE));
    }

    /** The series that are written down. */
    public synchronized Map<SeriesId, SeriesSnapshot> snapshots() {
        return new TreeMap<>(snapshots);
    }

    /** Tells from now on the ids of shards that are given up, or read out. */
    public synchronized void listen(Consumer<String> listener) {
        listeners.add(listener);
    }

    void tell(String shardId) {
        List.copyOf(listeners).forEach(listener -> listener.accept(shardId));
    }
}
