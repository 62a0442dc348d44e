package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What the contracts of the stores have in common: the stores, and work to be committed. */
public abstract class StoreContract {

    protected static final long NOON = 1_764_849_600_000_000L;
    protected static final String SHARD = "shardId-000000000000";
    protected static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");
    protected static final SeriesId STATUS = new SeriesId("oven-1", "status");

    private static final Detector DETECTOR = new Detector(rules("""
            version: 1
            rules:
              - name: high
                metric: temperature
                above: 90
                severity: warning
                message: too hot
            """));

    private static RuleSet rules(String text) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(text)).rules();
    }

    /** What the stores of a test are over. */
    protected abstract Stores stores();

    /** Another store of a shard. */
    protected final ShardStore newStore(String shardId) {
        return stores().shard(shardId);
    }

    /** Another store of the stream. */
    protected final StreamStore newStream() {
        return stores().stream();
    }

    protected final SensorStore newSensors() {
        return stores().sensors();
    }

    /** What is stored of {@link #SHARD}, and of all sensors. */
    protected final StoredContent content() {
        return stores().content(SHARD);
    }

    /** Another store of a shard that someone owns. */
    protected final ShardStore store() {
        StreamStore stream = newStream();
        if (!shards(stream).containsKey(SHARD)) {
            take(stream, SHARD, "owner");
        }
        return newStore(SHARD);
    }

    protected static <T> T found(Loaded<T> loaded) {
        assertInstanceOf(Loaded.Found.class, loaded, loaded::toString);
        return ((Loaded.Found<T>) loaded).value();
    }

    protected static Map<String, ShardState> shards(StreamStore stream) {
        return found(stream.shards());
    }

    protected static ShardState state(ShardStore store) {
        return found(store.state());
    }

    protected static ShardState state(StreamStore stream, String shardId) {
        return Optional.ofNullable(shards(stream).get(shardId)).orElseThrow();
    }

    protected static Progress progress(ShardStore store) {
        return state(store).progress();
    }

    /** Takes a shard as it stands. */
    protected static long take(StreamStore stream, String shardId, String owner) {
        Optional<Long> epoch =
                found(stream.take(shardId, Optional.ofNullable(shards(stream).get(shardId)), owner));
        assertTrue(epoch.isPresent());
        return epoch.get();
    }

    protected static Sample number(SeriesId series, long at, double value) {
        return new Sample(series, at, new Measurement.Numeric(series.metric(), value));
    }

    protected static Sample text(SeriesId series, long at, String value) {
        return new Sample(series, at, new Measurement.State(series.metric(), value));
    }

    /** Work that ends at a sequence number, its samples fed to series that are new. */
    protected static Work work(String sequenceNumber, Sample... samples) {
        Detection detection = new Detection();
        Map<SeriesId, Series> series = new HashMap<>();
        Map<String, Seen> seen = new HashMap<>();
        for (Sample sample : samples) {
            feed(series.computeIfAbsent(sample.series(), _ -> Series.fresh()), sample, detection);
            seen.put(sample.series().sensorId(), new Seen(NOON, NOON));
        }
        return work(new Position(sequenceNumber, 3), List.of(samples), seen, detection);
    }

    protected static Work work(Position position, List<Sample> samples, Map<String, Seen> seen, Detection detection) {
        return new Work(
                position,
                OptionalLong.of(NOON),
                OptionalLong.empty(),
                OptionalLong.empty(),
                false,
                samples.size(),
                samples,
                List.of(),
                seen,
                detection,
                Optional.empty(),
                Snapshots.NONE);
    }

    protected static Work deadLetters(DeadLetter... letters) {
        return new Work(
                letters[letters.length - 1].position(),
                OptionalLong.of(NOON),
                OptionalLong.empty(),
                OptionalLong.empty(),
                false,
                letters.length,
                List.of(),
                List.of(letters),
                Map.of(),
                new Detection(),
                Optional.empty(),
                Snapshots.NONE);
    }

    /** Work without records: a sign of life, a shard's end, a gap. */
    protected static Work idle(
            Position position, OptionalLong streamTime, OptionalLong cachedTo, boolean closed, Optional<Gap> gap) {
        return new Work(
                position,
                OptionalLong.empty(),
                streamTime,
                cachedTo,
                closed,
                0,
                List.of(),
                List.of(),
                Map.of(),
                new Detection(),
                gap,
                Snapshots.NONE);
    }

    protected static Work idle(Position position) {
        return idle(position, OptionalLong.empty(), OptionalLong.empty(), false, Optional.empty());
    }

    protected static Work end(Position position) {
        return idle(position, OptionalLong.empty(), OptionalLong.empty(), true, Optional.empty());
    }

    protected static void feed(Series series, Sample sample, Detection detection) {
        DETECTOR.feed(sample.series(), series, sample.at(), NOON, sample.measurement(), detection);
    }

    /** Work of nothing but what a detector knows. */
    protected static Work snapshots(Position position, Snapshots snapshots) {
        return new Work(
                position,
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                false,
                0,
                List.of(),
                List.of(),
                Map.of(),
                new Detection(),
                Optional.empty(),
                snapshots);
    }

    protected static int rows(CommitResult result) {
        return assertInstanceOf(CommitResult.Committed.class, result).rows();
    }

    protected static void assertFenced(CommitResult result) {
        assertEquals(new CommitResult.Fenced(), result);
    }
}
