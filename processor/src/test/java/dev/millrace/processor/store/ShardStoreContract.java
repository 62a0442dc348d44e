package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.Anomaly;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.Rule;
import dev.millrace.processor.anomaly.RuleSet;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.anomaly.Severity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every store of a shard keeps to. */
public abstract class ShardStoreContract {

    protected static final long NOON = 1_764_849_600_000_000L;
    protected static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");
    protected static final SeriesId STATUS = new SeriesId("oven-1", "status");

    private static final Detector DETECTOR = new Detector(new RuleSet(
            1,
            List.of(new Rule("high", "temperature", OptionalDouble.of(90), OptionalDouble.empty(), Severity.WARNING))));

    /** A store of the shard that the test is about; each further call gives another store of the same shard. */
    protected abstract ShardStore store();

    protected abstract StoredContent content();

    protected static Sample number(SeriesId series, long at, double value) {
        return new Sample(series, at, new Measurement.Numeric(series.metric(), value));
    }

    protected static Sample text(SeriesId series, long at, String value) {
        return new Sample(series, at, new Measurement.State(series.metric(), value));
    }

    protected static Progress progress(ShardStore store) {
        return assertInstanceOf(Loaded.Found.class, store.progress()).value() instanceof Progress progress
                ? progress
                : new Progress(Position.START, -1, false);
    }

    /** Work that ends at a sequence number, its samples fed to series that are new. */
    protected static Work work(String sequenceNumber, Sample... samples) {
        Detection detection = new Detection();
        Map<SeriesId, Detector.Series> series = new HashMap<>();
        Map<String, Seen> seen = new HashMap<>();
        for (Sample sample : samples) {
            DETECTOR.feed(
                    sample.series(),
                    series.computeIfAbsent(sample.series(), _ -> new Detector.Series(SeriesState.NEW)),
                    sample.at(),
                    sample.measurement(),
                    detection);
            seen.put(sample.series().sensorId(), new Seen(NOON, NOON));
        }
        return work(sequenceNumber, detection, seen, samples);
    }

    protected static void feed(Detector.Series series, Sample sample, Detection detection) {
        DETECTOR.feed(sample.series(), series, sample.at(), sample.measurement(), detection);
    }

    private static Work work(String sequenceNumber, Detection detection, Map<String, Seen> seen, Sample... samples) {
        return new Work(
                new Position(sequenceNumber, 3),
                OptionalLong.of(NOON),
                false,
                samples.length,
                List.of(samples),
                List.of(),
                seen,
                detection);
    }

    protected static int rows(CommitResult result) {
        return assertInstanceOf(CommitResult.Committed.class, result).rows();
    }

    @Test
    void aShardBeginsBeforeItsFirstRecord() {
        assertEquals(new Progress(Position.START, 1, false), progress(store()));
        assertEquals(new Progress(Position.START, 1, false), progress(store()));
    }

    @Test
    void whatIsCommittedIsThereWithItsPosition() {
        ShardStore store = store();

        CommitResult result = store.commit(
                progress(store), work("17", number(TEMPERATURE, NOON, 72.5), text(STATUS, NOON, "RUNNING \"ü\" 😀")));

        assertEquals(2, rows(result));
        assertEquals(new Progress(new Position("17", 3), 1, false), progress(store()));
        assertEquals(
                Map.of(
                        TEMPERATURE,
                        Map.of(NOON, new Measurement.Numeric("temperature", 72.5)),
                        STATUS,
                        Map.of(NOON, new Measurement.State("status", "RUNNING \"ü\" 😀"))),
                content().samples());
        assertEquals(2, content().userRecords());
        assertEquals(Map.of("oven-1", new Seen(NOON, NOON)), content().seen());
    }

    @Test
    void theEdgesOfTimeAndNumbersSurvive() {
        ShardStore store = store();
        long first = -62_135_596_800_000_000L;
        long beforeEpoch = -1;

        rows(store.commit(
                progress(store),
                work(
                        "1",
                        number(TEMPERATURE, first, Double.MIN_VALUE),
                        number(TEMPERATURE, beforeEpoch, -0.0),
                        number(TEMPERATURE, NOON + 1, -Double.MAX_VALUE),
                        text(STATUS, first, ""))));

        assertEquals(
                Map.of(
                        first,
                        new Measurement.Numeric("temperature", Double.MIN_VALUE),
                        beforeEpoch,
                        new Measurement.Numeric("temperature", -0.0),
                        NOON + 1,
                        new Measurement.Numeric("temperature", -Double.MAX_VALUE)),
                content().samples().get(TEMPERATURE));
    }

    @Test
    void aCommitThatBeganElsewhereStoresNothing() {
        ShardStore store = store();
        Progress start = progress(store);
        rows(store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));
        StoredContent before = content();

        CommitResult result = store().commit(start, work("1", number(TEMPERATURE, NOON + 1, 2), number(STATUS, 1, 1)));

        assertEquals(new CommitResult.Fenced(), result);
        assertEquals(before, content());
    }

    @Test
    void aCommitOfAnotherEpochStoresNothing() {
        ShardStore store = store();
        Progress stale = new Progress(progress(store).position(), 0, false);

        assertEquals(new CommitResult.Fenced(), store.commit(stale, work("1", number(TEMPERATURE, NOON, 1))));
        assertEquals(0, content().userRecords());
    }

    @Test
    void aStoreGoesOnAfterAFencedCommit() {
        ShardStore store = store();
        Progress start = progress(store);
        rows(store().commit(start, work("1", number(TEMPERATURE, NOON, 1))));
        assertEquals(new CommitResult.Fenced(), store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));

        rows(store.commit(progress(store), work("2", number(TEMPERATURE, NOON + 1, 2))));

        assertEquals(2, content().userRecords());
    }

    @Test
    void nothingFollowsTheEndOfAShard() {
        ShardStore store = store();
        Progress start = progress(store);
        Work end = new Work(
                start.position(), OptionalLong.empty(), true, 0, List.of(), List.of(), Map.of(), new Detection());
        rows(store.commit(start, end));

        assertEquals(new Progress(Position.START, 1, true), progress(store));
        assertEquals(new CommitResult.Fenced(), store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));
    }

    @Test
    void forOneIdentityTheFirstValueStays() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));

        CommitResult again = store.commit(
                progress(store), work("2", number(TEMPERATURE, NOON, 2), number(TEMPERATURE, NOON - 5, 3)));

        assertEquals(1, rows(again));
        assertEquals(
                Map.of(
                        NOON - 5,
                        new Measurement.Numeric("temperature", 3),
                        NOON,
                        new Measurement.Numeric("temperature", 1)),
                content().samples().get(TEMPERATURE));
    }

    @Test
    void anIdentityCountsOnceAlsoAcrossNumbersAndTexts() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));

        assertEquals(
                1,
                rows(store.commit(
                        progress(store),
                        work("2", text(TEMPERATURE, NOON, "HOT"), text(TEMPERATURE, NOON + 1, "COLD")))));
        assertEquals(
                1,
                rows(store.commit(
                        progress(store),
                        work("3", number(TEMPERATURE, NOON + 1, 2), number(TEMPERATURE, NOON + 2, 3)))));

        assertEquals(
                Map.of(
                        NOON,
                        new Measurement.Numeric("temperature", 1),
                        NOON + 1,
                        new Measurement.State("temperature", "COLD"),
                        NOON + 2,
                        new Measurement.Numeric("temperature", 3)),
                content().samples().get(TEMPERATURE));
    }

    @Test
    void theStateOfASeriesIsItsLatestTimeOfBothKindsAndItsOpenAnomalies() {
        ShardStore store = store();
        rows(store.commit(
                progress(store),
                work(
                        "1",
                        number(TEMPERATURE, NOON, 95),
                        number(TEMPERATURE, NOON - 9, 1),
                        text(TEMPERATURE, NOON + 1, "HOT"),
                        text(STATUS, NOON + 7, "OK"))));

        assertEquals(
                new Loaded.Found<>(Map.of(
                        TEMPERATURE,
                        new SeriesState(NOON + 1, List.of("high")),
                        STATUS,
                        new SeriesState(NOON + 7, List.of()))),
                store.series(Set.of(TEMPERATURE, STATUS, new SeriesId("oven-2", "temperature"))));
    }

    @Test
    void anomaliesOpenAndCloseOverCommits() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 95))));
        Detection detection = new Detection();
        Detector.Series series = new Detector.Series(new SeriesState(NOON, List.of("high")));
        List<Sample> samples = new ArrayList<>();
        for (Sample sample : List.of(
                number(TEMPERATURE, NOON + 1, 50),
                number(TEMPERATURE, NOON + 2, 99),
                number(TEMPERATURE, NOON + 3, 98))) {
            DETECTOR.feed(TEMPERATURE, series, sample.at(), sample.measurement(), detection);
            samples.add(sample);
        }

        rows(store.commit(progress(store), work("2", detection, Map.of(), samples.toArray(Sample[]::new))));

        Anomaly first = new Anomaly(TEMPERATURE, "high", Severity.WARNING, NOON, OptionalLong.of(NOON + 1), 95);
        Anomaly second = new Anomaly(TEMPERATURE, "high", Severity.WARNING, NOON + 2, OptionalLong.empty(), 99);
        assertEquals(Set.of(first, second), Set.copyOf(content().anomalies().values()));
        assertEquals(Set.of(first.id(), second.id()), content().anomalies().keySet());
    }

    @Test
    void theLatestValuesOfASensorAreOfBothKinds() {
        ShardStore store = store();
        rows(store.commit(
                progress(store),
                work(
                        "1",
                        number(TEMPERATURE, NOON, 95),
                        text(TEMPERATURE, NOON + 1, "HOT"),
                        text(STATUS, NOON, "IDLE"),
                        text(STATUS, NOON + 2, "OK"))));

        Loaded<Map<String, List<LatestValue>>> latest = store.latest(Set.of("oven-1", "oven-2"));

        assertEquals(
                new Loaded.Found<>(Map.of(
                        "oven-1",
                        List.of(
                                new LatestValue(NOON + 2, new Measurement.State("status", "OK")),
                                new LatestValue(NOON + 1, new Measurement.State("temperature", "HOT"))))),
                latest);
    }

    @Test
    void deadLettersAreKept() {
        ShardStore store = store();
        byte[] data = "not \0 json".getBytes(StandardCharsets.UTF_8);
        UserRecord record = new UserRecord("key", HashKey.ofPartitionKey("key"), 0, data, 0, data.length);
        List<DeadLetter> letters = List.of(
                new DeadLetter(new Position("1", 0), NOON, record, DeadLetter.Reason.MALFORMED, "", "no JSON"),
                new DeadLetter(
                        new Position("1", 1), NOON, record, DeadLetter.Reason.INVALID_READING, "a\0\uD800", "x"));

        rows(store.commit(
                progress(store),
                new Work(
                        new Position("1", 1),
                        OptionalLong.of(NOON),
                        false,
                        2,
                        List.of(),
                        letters,
                        Map.of(),
                        new Detection())));

        assertEquals(
                List.of(new Position("1", 0), new Position("1", 1)), content().deadLetters());
        assertEquals(2, content().userRecords());
    }
}
