package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.Anomaly;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.anomaly.Severity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every store of a shard keeps to. It is long because it is one contract, a promise a test. */
public abstract class ShardStoreContract extends StoreContract {

    @Test
    void aShardHasAStateFromWhenItWasFirstTaken() {
        assertInstanceOf(Loaded.Unavailable.class, newStore(SHARD).state());
        long epoch = take(newStream(), SHARD, "me");

        ShardState fresh = new ShardState(
                new Progress(Position.START, epoch, false),
                Optional.of("me"),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                0);
        assertEquals(fresh, state(newStore(SHARD)));
        assertEquals(Map.of(SHARD, fresh), shards(newStream()));
    }

    @Test
    void whatIsCommittedIsThereWithItsPosition() {
        ShardStore store = store();

        CommitResult result = store.commit(
                progress(store), work("17", number(TEMPERATURE, NOON, 72.5), text(STATUS, NOON, "RUNNING \"ü\" 😀")));

        assertEquals(2, rows(result));
        assertEquals(new Position("17", 3), progress(store()).position());
        assertFalse(progress(store()).closed());
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

    /** The epoch is the same: the position alone tells. */
    @Test
    void aCommitThatBeganElsewhereStoresNothing() {
        ShardStore store = store();
        Progress start = progress(store);
        rows(store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));
        StoredContent before = content();
        ShardState stored = state(store);

        assertFenced(store().commit(start, work("1", number(TEMPERATURE, NOON + 1, 2), number(STATUS, 1, 1))));
        assertFenced(store().commit(start, idle(start.position())));

        assertEquals(before, content());
        assertEquals(stored, state(store));
    }

    /** The position is the same: the epoch alone tells. */
    @Test
    void whoeverOwnedTheShardBeforeCommitsNothing() {
        ShardStore stale = store();
        Progress before = progress(stale);
        long epoch = take(newStream(), SHARD, "another");

        assertFenced(stale.commit(before, work("1", number(TEMPERATURE, NOON, 1))));
        assertFenced(stale.commit(before, idle(before.position())));
        assertEquals(new Loaded.Found<>(false), stale.release(before.epoch()));

        assertEquals(0, content().userRecords());
        assertEquals(Map.of(), content().samples());
        assertEquals(Optional.of("another"), state(stale).owner());
        assertEquals(new Progress(Position.START, epoch, false), progress(stale));
    }

    @Test
    void aSubSequenceNumberIsPartOfThePosition() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1")));
        Progress stored = progress(store);
        Progress other = new Progress(new Position("1", 2), stored.epoch(), false);

        assertEquals(new Position("1", 3), stored.position());
        assertFenced(store.commit(other, work("2", number(TEMPERATURE, NOON, 1))));
    }

    @Test
    void aStoreGoesOnAfterAFencedCommit() {
        ShardStore store = store();
        Progress start = progress(store);
        rows(store().commit(start, work("1", number(TEMPERATURE, NOON, 1))));
        assertFenced(store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));

        rows(store.commit(progress(store), work("2", number(TEMPERATURE, NOON + 1, 2))));

        assertEquals(2, content().userRecords());
    }

    @Test
    void nothingFollowsTheEndOfAShard() {
        ShardStore store = store();
        Progress start = progress(store);
        rows(store.commit(start, end(start.position())));

        assertEquals(start.at(Position.START, true), progress(store));
        assertFenced(store.commit(start, work("1", number(TEMPERATURE, NOON, 1))));
        assertFenced(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));
    }

    @Test
    void aShardThatIsGivenUpHasNoOwnerAndKeepsItsPlace() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));
        ShardState before = state(store);

        assertEquals(new Loaded.Found<>(true), store.release(before.progress().epoch()));

        ShardState after = state(store);
        assertEquals(Optional.empty(), after.owner());
        assertEquals(before.progress(), after.progress());
        assertNotEquals(before.beat(), after.beat());
    }

    @Test
    void shardsDoNotMix() {
        ShardStore one = store();
        take(newStream(), "shardId-000000000001", "me");
        ShardStore other = newStore("shardId-000000000001");
        rows(other.commit(progress(other), work("1", number(TEMPERATURE, NOON, 1))));
        assertEquals(new Loaded.Found<>(true), other.release(progress(other).epoch()));

        assertEquals(Position.START, progress(one).position());
        assertEquals(Optional.of("owner"), state(one).owner());
        rows(one.commit(progress(one), work("1", number(TEMPERATURE, NOON + 1, 1))));
    }

    @Test
    void everyCommitIsASignOfLife() {
        ShardStore store = store();
        long first = state(store).beat();
        rows(store.commit(progress(store), idle(Position.START)));
        long second = state(store).beat();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));

        assertNotEquals(first, second);
        assertNotEquals(second, state(store).beat());
        assertEquals(Optional.of("owner"), state(store).owner());
    }

    @Test
    void timesOnlyRise() {
        ShardStore store = store();
        for (OptionalLong time : List.of(
                OptionalLong.of(NOON - 1), OptionalLong.of(NOON), OptionalLong.empty(), OptionalLong.of(NOON - 5))) {
            rows(store.commit(
                    progress(store), idle(Position.START, time, OptionalLong.empty(), false, Optional.empty())));
        }
        assertEquals(OptionalLong.of(NOON), state(store).streamTime());
        assertEquals(OptionalLong.empty(), state(store).cachedTo());

        for (OptionalLong time : List.of(OptionalLong.of(NOON - 9), OptionalLong.of(NOON - 10), OptionalLong.empty())) {
            rows(store.commit(
                    progress(store), idle(Position.START, OptionalLong.empty(), time, false, Optional.empty())));
        }
        assertEquals(OptionalLong.of(NOON), state(store).streamTime());
        assertEquals(OptionalLong.of(NOON - 9), state(store).cachedTo());
    }

    @Test
    void aGapIsWrittenOnce() {
        ShardStore store = store();
        Gap gap = new Gap(new Position("7", 1), OptionalLong.of(NOON), Optional.of("9"), NOON + 1);
        Gap again = new Gap(new Position("7", 1), OptionalLong.empty(), Optional.empty(), NOON + 2);
        Gap other = new Gap(new Position("8", 0), OptionalLong.empty(), Optional.empty(), NOON + 3);
        for (Gap each : List.of(gap, again, other)) {
            rows(store.commit(
                    progress(store),
                    idle(Position.START, OptionalLong.empty(), OptionalLong.empty(), false, Optional.of(each))));
        }

        assertEquals(Set.of(gap, other), Set.copyOf(content().gaps()));
        assertEquals(2, content().gaps().size());
    }

    @Test
    void workOfWhichARowIsRefusedLeavesNothingAndDoesNotStopTheStore() {
        ShardStore store = store();
        ShardState state = state(store);
        Work[] poison = {
            work("1", number(TEMPERATURE, NOON, 1), text(STATUS, NOON, "RUN\0NING")),
            work("1", number(TEMPERATURE, NOON, 1), number(new SeriesId("oven\0", "temperature"), NOON, 1)),
            work("1", number(TEMPERATURE, NOON, 1), number(new SeriesId("oven-1", "speed\0"), NOON, 1))
        };
        for (Work work : poison) {
            CommitResult.Refused refused =
                    assertInstanceOf(CommitResult.Refused.class, store.commit(state.progress(), work));
            assertEquals("22021", refused.sqlState());
            assertFalse(refused.reason().contains("0x00"), refused::reason);
        }

        assertEquals(Map.of(), content().samples());
        assertEquals(Map.of(), content().seen());
        assertEquals(state, state(store));
        assertEquals(1, rows(store.commit(state.progress(), work("1", number(TEMPERATURE, NOON, 1)))));
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
            feed(series, sample, detection);
            samples.add(sample);
        }

        rows(store.commit(progress(store), work(new Position("2", 0), samples, Map.of(), detection)));

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

        Loaded<Map<String, List<LatestValue>>> latest = newSensors().latest(Set.of("oven-1", "oven-2"));

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

        rows(store.commit(progress(store), deadLetters(letters.toArray(DeadLetter[]::new))));

        assertEquals(
                List.of(new Position("1", 0), new Position("1", 1)), content().deadLetters());
        assertEquals(2, content().userRecords());
    }

    @Test
    void sensorsAreFoundByWhenTheyLastReported() {
        ShardStore store = store();
        for (long at : List.of(NOON - 1, NOON, NOON + 1)) {
            for (String name : List.of("b", "a")) {
                SeriesId series = new SeriesId(name + (at - NOON), "speed");
                rows(store.commit(
                        progress(store),
                        work(
                                new Position(name + at, 0),
                                List.of(number(series, at, 1)),
                                Map.of(series.sensorId(), new Seen(NOON - 9, at)),
                                new Detection())));
            }
        }
        SensorStore sensors = newSensors();

        assertEquals(List.of("a0", "a1", "b0", "b1"), found(sensors.seenSince(NOON, "", 10)));
        assertEquals(List.of("a0", "a1", "b0"), found(sensors.seenSince(NOON, "", 3)));
        assertEquals(List.of("b1"), found(sensors.seenSince(NOON, "b0", 3)));
        assertEquals(List.of("a-1", "a0"), found(sensors.seenSince(Long.MIN_VALUE, "", 2)));
        assertEquals(List.of(), found(sensors.seenSince(NOON + 2, "", 3)));
    }
}
