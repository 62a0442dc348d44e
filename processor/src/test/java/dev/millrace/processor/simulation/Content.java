package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.Anomaly;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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
    private final Map<UUID, Anomaly> anomalies = new TreeMap<>();
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
        return new Stored(rows, anomalies, deadLetters, seen);
    }

    /** All that is stored of readings. */
    record Stored(
            Map<Sample, Boolean> samples,
            Map<UUID, Anomaly> anomalies,
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
        work.detection().closings().forEach(this::close);
        for (Anomaly anomaly : work.detection().opened()) {
            if (!anomalies.containsKey(anomaly.id())) {
                put(anomalies, anomaly.id(), anomaly);
            }
        }
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

    private void close(Detection.Closing closing) {
        for (Anomaly anomaly : List.copyOf(anomalies.values())) {
            if (anomaly.closedAt().isEmpty()
                    && anomaly.series().equals(closing.series())
                    && anomaly.rule().equals(closing.rule())) {
                put(
                        anomalies,
                        anomaly.id(),
                        new Anomaly(
                                anomaly.series(),
                                anomaly.rule(),
                                anomaly.severity(),
                                anomaly.openedAt(),
                                OptionalLong.of(closing.closedAt()),
                                anomaly.value()));
            }
        }
    }

    Map<SeriesId, SeriesState> series(Collection<SeriesId> ids) {
        Map<SeriesId, SeriesState> states = new HashMap<>();
        for (SeriesId id : ids) {
            TreeMap<Long, Measurement> values = samples.get(id);
            if (values != null && !values.isEmpty()) {
                List<String> open = anomalies.values().stream()
                        .filter(anomaly ->
                                anomaly.closedAt().isEmpty() && anomaly.series().equals(id))
                        .map(Anomaly::rule)
                        .sorted()
                        .toList();
                states.put(id, new SeriesState(values.lastKey(), open));
            }
        }
        return states;
    }
}
