package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.SeriesSnapshot;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.StoredAnomaly;
import dev.millrace.processor.store.StoredSeries;
import dev.millrace.processor.store.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is committed. Commits can be taken back from the last one on, as a fail-over does that loses some. */
final class Content {

    /** A shard's row, with what a processor does not read of it. */
    record Row(ShardState state, long userRecords) {}

    /** A user record, across shards. */
    record Place(String shardId, Position position) implements Comparable<Place> {

        @Override
        public int compareTo(Place other) {
            return toString().compareTo(other.toString());
        }
    }

    private record Commit(long at, List<Runnable> undo) {}

    private final Map<String, Row> rows = new TreeMap<>();
    private final Map<SeriesId, TreeMap<Long, Measurement>> samples = new TreeMap<>();
    private final Map<UUID, StoredAnomaly> anomalies = new TreeMap<>();
    private final Map<SeriesId, SeriesSnapshot> snapshots = new TreeMap<>();
    private final Map<String, List<JournalPage>> journal = new TreeMap<>();
    private final Map<Place, DeadLetter.Reason> deadLetters = new TreeMap<>();
    private final Map<Place, Gap> gaps = new TreeMap<>();
    private final Map<String, Seen> seen = new TreeMap<>();
    private final Map<String, OptionalLong> begun = new TreeMap<>();
    private final Deque<Commit> commits = new ArrayDeque<>();
    private List<Runnable> undo = new ArrayList<>();

    Map<String, Row> rows() {
        return rows;
    }

    @Nullable
    Row row(String shardId) {
        return rows.get(shardId);
    }

    Map<Place, Gap> gaps() {
        return gaps;
    }

    /** Where the stream was begun, if that was resolved. */
    @Nullable
    OptionalLong startAt() {
        return begun.get("");
    }

    /** What must be the same as after a straight run. */
    Stored stored() {
        Map<Sample, Boolean> rows = new HashMap<>();
        samples.forEach((series, values) ->
                values.forEach((at, measurement) -> rows.put(new Sample(series, at, measurement), true)));
        return new Stored(rows, anomalies(), deadLetters, seen);
    }

    /** All that is stored of readings. */
    record Stored(
            Map<Sample, Boolean> samples,
            Map<UUID, StoredAnomaly> anomalies,
            Map<Place, DeadLetter.Reason> deadLetters,
            Map<String, Seen> seen) {}

    void commit(long at) {
        commits.add(new Commit(at, undo));
        undo = new ArrayList<>();
    }

    /** Takes back what was committed after a time; answers how many commits. */
    int loseAfter(long at) {
        int lost = 0;
        while (!commits.isEmpty() && commits.getLast().at > at) {
            commits.removeLast().undo.reversed().forEach(Runnable::run);
            lost++;
        }
        return lost;
    }

    private <K, V> void put(Map<K, V> map, K key, V value) {
        V before = map.put(key, value);
        undo.add(() -> {
            if (before == null) {
                map.remove(key);
            } else {
                map.put(key, before);
            }
        });
    }

    void putStart(OptionalLong startAt) {
        put(begun, "", startAt);
    }

    void putRow(String shardId, Row row) {
        put(rows, shardId, row);
    }

    /** What a commit stores besides the shard's row; answers how many rows are new. */
    int store(String shardId, Work work) {
        int inserted = 0;
        for (Sample sample : work.samples()) {
            Map<Long, Measurement> series = samples.computeIfAbsent(sample.series(), _ -> new TreeMap<>());
            if (!series.containsKey(sample.at())) {
                put(series, sample.at(), sample.measurement());
                inserted++;
            }
        }
        for (Detection.Opened opened : work.detection().opened()) {
            if (!anomalies.containsKey(opened.anomaly().id())) {
                put(anomalies, opened.anomaly().id(), StoredAnomaly.of(opened));
            }
        }
        work.detection().changed().forEach(this::goOn);
        work.snapshots()
                .series()
                .forEach(snapshot -> write(snapshot, work.snapshots().upToDate()));
        work.snapshots().journal().ifPresent(page -> {
            List<JournalPage> pages = new ArrayList<>(journal(shardId));
            pages.add(page);
            put(journal, shardId, pages);
        });
        for (DeadLetter letter : work.deadLetters()) {
            Place place = new Place(shardId, letter.position());
            if (deadLetters.containsKey(place)) {
                throw new AssertionError("a second dead letter of " + place);
            }
            put(deadLetters, place, letter.reason());
        }
        work.seen().forEach((sensorId, times) -> {
            Seen before = seen.get(sensorId);
            put(
                    seen,
                    sensorId,
                    before == null ? times : before.with(times.first()).with(times.last()));
        });
        work.gap().ifPresent(gap -> {
            Place place = new Place(shardId, gap.after());
            put(gaps, place, gap);
        });
        return inserted;
    }

    private void goOn(Detection.Changed changed) {
        StoredAnomaly before = anomalies.get(changed.id());
        if (before != null && before.isBehind(changed.course())) {
            put(anomalies, changed.id(), before.with(changed.course()));
        }
    }

    private void write(SeriesSnapshot snapshot, boolean upToDate) {
        put(snapshots, snapshot.id(), snapshot);
        snapshot.open().forEach(this::goOn);
        if (!upToDate) {
            return;
        }
        for (StoredAnomaly anomaly : List.copyOf(anomalies.values())) {
            if (anomaly.series().equals(snapshot.id())
                    && anomaly.closedAt().isEmpty()
                    && snapshot.open().stream().noneMatch(one -> one.id().equals(anomaly.id()))) {
                put(anomalies, anomaly.id(), anomaly.closedBy(snapshot.lastAt()));
            }
        }
    }

    Map<SeriesId, StoredSeries> series(Collection<SeriesId> ids) {
        Map<SeriesId, StoredSeries> stored = new HashMap<>();
        for (SeriesId id : ids) {
            SeriesSnapshot snapshot = snapshots.get(id);
            TreeMap<Long, Measurement> values = samples.get(id);
            if (snapshot != null) {
                stored.put(id, new StoredSeries.Snapshot(snapshot.state()));
            } else if (values != null && !values.isEmpty()) {
                stored.put(id, new StoredSeries.Rows(values.lastKey()));
            }
        }
        return stored;
    }

    Map<SeriesId, OptionalLong> watched(HashKeyRange range) {
        Map<SeriesId, OptionalLong> watched = new HashMap<>();
        snapshots.forEach((id, snapshot) -> {
            if (snapshot.watched() && range.contains(HashKey.ofPartitionKey(id.sensorId()))) {
                watched.put(id, snapshot.dueAt());
            }
        });
        return watched;
    }

    List<JournalPage> journal(String shardId) {
        return journal.getOrDefault(shardId, List.of());
    }

    Set<Position> unstorable(String shardId, Position after, Position upTo) {
        Set<Position> places = new HashSet<>();
        deadLetters.forEach((place, reason) -> {
            if (place.shardId.equals(shardId)
                    && reason == DeadLetter.Reason.UNSTORABLE
                    && place.position.isBehind(after)
                    && !place.position.isBehind(upTo)) {
                places.add(place.position);
            }
        });
        return places;
    }

    /** The anomalies, those that are open without what the shard that reads them may not have written yet. */
    Map<UUID, StoredAnomaly> anomalies() {
        Map<UUID, StoredAnomaly> fixed = new TreeMap<>();
        anomalies.forEach((id, anomaly) -> fixed.put(id, anomaly.asFarAsFixed()));
        return fixed;
    }

    /** How many series are written down. */
    int written() {
        return snapshots.size();
    }
}
