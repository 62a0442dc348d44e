package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Series;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
                0,
                DetectorState.NONE);
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
    void ofASeriesThatWasNeverWrittenDownTheLatestTimeOfBothKindsIsKnown() {
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
                new Loaded.Found<>(
                        Map.of(TEMPERATURE, new StoredSeries.Rows(NOON + 1), STATUS, new StoredSeries.Rows(NOON + 7))),
                store.series(Set.of(TEMPERATURE, STATUS, new SeriesId("oven-2", "temperature"))));
    }

    private static SeriesSnapshot snapshot(SeriesId id, OptionalLong dueAt, boolean watched, byte... state) {
        return new SeriesSnapshot(id, NOON, dueAt, watched, List.of(), state);
    }

    private static Snapshots of(SeriesSnapshot... series) {
        return new Snapshots(OptionalLong.empty(), List.of(series), true, Optional.empty(), Optional.empty());
    }

    private static byte[] state(Loaded<Map<SeriesId, StoredSeries>> stored, SeriesId id) {
        return found(stored).get(id) instanceof StoredSeries.Snapshot(byte[] state) ? state : new byte[0];
    }

    @Test
    void aSeriesIsThereAsItWasWrittenDownLast() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1), text(STATUS, NOON, "OK"))));
        Position position = progress(store).position();
        for (byte version = 1; version <= 2; version++) {
            rows(store.commit(
                    progress(store),
                    snapshots(
                            position,
                            of(
                                    snapshot(TEMPERATURE, OptionalLong.empty(), false, (byte) 0, version),
                                    snapshot(STATUS, OptionalLong.empty(), false, (byte) -1)))));
        }

        Loaded<Map<SeriesId, StoredSeries>> stored = newStore(SHARD).series(Set.of(TEMPERATURE, STATUS));

        assertArrayEquals(new byte[] {0, 2}, state(stored, TEMPERATURE));
        assertArrayEquals(new byte[] {-1}, state(stored, STATUS));
    }

    @Test
    void seriesThatAreWatchedAreFoundByTheRangeOfTheirSensors() {
        ShardStore store = store();
        List<SeriesSnapshot> all = new ArrayList<>();
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            SeriesId id = new SeriesId("oven-" + i, "temperature");
            samples.add(number(id, NOON, 1));
            OptionalLong due = i % 3 == 0 ? OptionalLong.empty() : OptionalLong.of(NOON + i);
            all.add(snapshot(id, due, i % 2 == 0, (byte) i));
        }
        rows(store.commit(progress(store), work("1", samples.toArray(Sample[]::new))));
        rows(store.commit(
                progress(store), snapshots(progress(store).position(), of(all.toArray(SeriesSnapshot[]::new)))));
        // the ends are sensors' own places
        List<HashKey> keys = all.stream()
                .map(one -> HashKey.ofPartitionKey(one.id().sensorId()))
                .sorted()
                .toList();
        HashKeyRange range = new HashKeyRange(keys.get(4), keys.get(15));

        Map<SeriesId, OptionalLong> wanted = new HashMap<>();
        all.stream()
                .filter(one -> one.watched()
                        && range.contains(HashKey.ofPartitionKey(one.id().sensorId())))
                .forEach(one -> wanted.put(one.id(), one.dueAt()));
        assertFalse(wanted.isEmpty());
        assertEquals(new Loaded.Found<>(wanted), store.watched(range));

        // what is not watched any more is not found any more
        SeriesId one = wanted.keySet().iterator().next();
        rows(store.commit(
                progress(store),
                snapshots(progress(store).position(), of(snapshot(one, OptionalLong.empty(), false, (byte) 1)))));
        wanted.remove(one);
        assertEquals(new Loaded.Found<>(wanted), store.watched(range));
    }

    @Test
    void theStateOfTheDetectorCommitsWithTheShardsRow() {
        ShardStore store = store();
        DetectorState first = new DetectorState(
                Optional.of(new Mark(new Position("7", 2), OptionalLong.of(NOON))), OptionalInt.of(3), true);
        DetectorState second = new DetectorState(
                Optional.of(new Mark(new Position("8", 0), OptionalLong.of(NOON))), OptionalInt.of(4), false);
        for (DetectorState state : List.of(first, second)) {
            rows(store.commit(
                    progress(store),
                    snapshots(
                            Position.START,
                            new Snapshots(
                                    OptionalLong.empty(), List.of(), true, Optional.empty(), Optional.of(state)))));
            assertEquals(state, state(store).detector());
        }

        // as a version of the processor commits that knows nothing of it
        rows(store.commit(progress(store), work("9", number(TEMPERATURE, NOON, 1))));
        assertEquals(second, state(store).detector());
        assertEquals(new Loaded.Found<>(true), store.release(progress(store).epoch()));
        take(newStream(), SHARD, "another");
        assertEquals(second, state(store).detector());
    }

    private static Work fed(Position from, int to, Optional<Position> mark, int bytes) {
        Position position = new Position(Integer.toString(to), 0);
        byte[] values = new byte[bytes];
        Arrays.fill(values, (byte) to);
        return snapshots(
                position,
                new Snapshots(
                        OptionalLong.empty(),
                        List.of(),
                        true,
                        Optional.of(new JournalPage(from, position, values)),
                        Optional.of(new DetectorState(
                                mark.map(at -> new Mark(at, OptionalLong.of(NOON))), OptionalInt.of(1), false))));
    }

    private static List<JournalPage> journal(ShardStore store, long mostBytes) {
        return assertInstanceOf(Loaded.Found.class, store.journal(mostBytes)).value() instanceof List<?> pages
                ? pages.stream().map(JournalPage.class::cast).toList()
                : List.of();
    }

    @Test
    void theJournalKeepsItsPagesInOrderUntilTheMarkHasPassedThem() {
        ShardStore store = store();
        int pages = 40;
        Position mark = new Position("5", 0);
        for (int to = 1; to <= pages; to++) {
            Position from = progress(store).position();
            rows(store.commit(progress(store), fed(from, to, to > 5 ? Optional.of(mark) : Optional.empty(), 3_000)));
        }

        List<JournalPage> journal = journal(store, Integer.MAX_VALUE);
        // those behind the mark all, those before it by and by
        assertEquals("40", journal.getLast().to().sequenceNumber());
        assertEquals(
                35, journal.stream().filter(page -> page.to().isBehind(mark)).count());
        assertEquals(35, journal.size());
        for (int i = 0; i < journal.size(); i++) {
            JournalPage page = journal.get(i);
            assertEquals(3_000, page.fed().length);
            assertEquals(page.to().sequenceNumber(), Byte.toString(page.fed()[2_999]));
            assertEquals(page.from(), i == 0 ? mark : journal.get(i - 1).to());
        }
        assertEquals(List.of(), journal(store, 35 * 3_000 - 1));
        assertEquals(35, journal(store, 35 * 3_000).size());
        assertEquals(new Loaded.Found<>(List.of()), newStore("another").journal(Integer.MAX_VALUE));
    }

    @Test
    void snapshotsOfAnotherBeatAreNotStored() {
        ShardStore store = store();
        long beat = state(store).beat();
        Snapshots snapshots = new Snapshots(
                OptionalLong.of(beat + 1),
                List.of(),
                true,
                Optional.empty(),
                Optional.of(new DetectorState(Optional.of(Mark.START), OptionalInt.of(1), false)));
        assertFenced(store.commit(progress(store), snapshots(Position.START, snapshots)));
        assertEquals(DetectorState.NONE, state(store).detector());

        rows(store.commit(progress(store), idle(Position.START)));
        rows(store.commit(progress(store), snapshots(Position.START, snapshots)));
    }

    @Test
    void anomaliesOpenAndCloseOverCommits() {
        ShardStore store = store();
        Series series = Series.fresh();
        Detection first = new Detection();
        feed(series, number(TEMPERATURE, NOON, 95), first);
        rows(store.commit(
                progress(store), work(new Position("1", 0), List.of(number(TEMPERATURE, NOON, 95)), Map.of(), first)));
        Detection second = new Detection();
        List<Sample> samples = List.of(
                number(TEMPERATURE, NOON + 1, 97),
                number(TEMPERATURE, NOON + 2, 50),
                number(TEMPERATURE, NOON + 3, 99),
                number(TEMPERATURE, NOON + 4, 98));
        samples.forEach(sample -> feed(series, sample, second));

        rows(store.commit(progress(store), work(new Position("2", 0), samples, Map.of(), second)));

        StoredAnomaly closed = StoredAnomaly.of(first.opened().getFirst())
                .with(second.changed().getFirst().course());
        StoredAnomaly open = StoredAnomaly.of(second.opened().getFirst());
        assertEquals(Set.of(closed, open), Set.copyOf(content().anomalies().values()));
        assertEquals(Set.of(closed.id(), open.id()), content().anomalies().keySet());
        assertEquals(OptionalLong.of(NOON + 2), closed.closedAt());
        assertEquals(97, closed.peak());
        assertEquals(Severity.WARNING, open.severity());
        assertEquals("too hot", open.message());
        assertEquals("above", open.condition());
    }

    /** Two of one series and rule, as after records that were trimmed, must not make a reading unstorable. */
    @Test
    void anAnomalyThatIsOpenKeepsNoOtherFromOpening() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 95))));
        rows(store.commit(progress(store), work("2", number(TEMPERATURE, NOON + 1, 99))));
        // and what is there already is not there twice
        rows(store.commit(progress(store), work("3", number(TEMPERATURE, NOON + 1, 99))));

        assertEquals(2, content().anomalies().size());
    }

    @Test
    void aSeriesThatIsWrittenDownBringsItsOpenAnomalyUpToDateAndEndsThoseThatItDoesNotKnow() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON - 5, 95))));
        Series series = Series.fresh();
        Detection found = new Detection();
        feed(series, number(TEMPERATURE, NOON, 91), found);
        rows(store.commit(
                progress(store), work(new Position("2", 0), List.of(number(TEMPERATURE, NOON, 91)), Map.of(), found)));
        Position position = progress(store).position();
        StoredAnomaly opened = StoredAnomaly.of(found.opened().getFirst());
        SeriesSnapshot behind = SeriesSnapshot.of(TEMPERATURE, series);
        feed(series, number(TEMPERATURE, NOON + 1, 98), new Detection());

        SeriesSnapshot snapshot = SeriesSnapshot.of(TEMPERATURE, series);
        // fed again, and not at the position yet: of what they do not know nothing is known
        for (SeriesSnapshot one : List.of(behind, snapshot, behind)) {
            rows(store.commit(
                    progress(store),
                    snapshots(
                            position,
                            new Snapshots(
                                    OptionalLong.empty(), List.of(one), false, Optional.empty(), Optional.empty()))));
        }
        assertTrue(content().anomalies().values().stream()
                .allMatch(anomaly -> anomaly.closedAt().isEmpty()));
        StoredAnomaly known =
                Optional.ofNullable(content().anomalies().get(opened.id())).orElseThrow();
        assertEquals(98, known.peak());
        assertEquals(2, known.count());
        rows(store.commit(progress(store), snapshots(position, of(snapshot))));

        assertEquals(known, content().anomalies().get(known.id()));
        StoredAnomaly unknown = content().anomalies().values().stream()
                .filter(anomaly -> !anomaly.id().equals(known.id()))
                .findFirst()
                .orElseThrow();
        assertEquals(OptionalLong.of(NOON + 1), unknown.closedAt());
        assertEquals(2, unknown.revision());
    }

    @Test
    void whatIsClosedStaysSo() {
        ShardStore store = store();
        Series series = Series.fresh();
        Detection found = new Detection();
        feed(series, number(TEMPERATURE, NOON, 91), found);
        SeriesSnapshot open = SeriesSnapshot.of(TEMPERATURE, series);
        feed(series, number(TEMPERATURE, NOON + 1, 1), found);
        rows(store.commit(
                progress(store),
                work(
                        new Position("1", 0),
                        List.of(number(TEMPERATURE, NOON, 91), number(TEMPERATURE, NOON + 1, 1)),
                        Map.of(),
                        found)));
        StoredContent before = content();

        rows(store.commit(progress(store), snapshots(new Position("1", 0), of(open))));

        assertEquals(before.anomalies(), content().anomalies());
    }

    @Test
    void thePlacesOfWhatCouldNotBeStoredAreKnown() {
        ShardStore store = store();
        UserRecord record = new UserRecord("key", HashKey.ofPartitionKey("key"), 0, new byte[0], 0, 0);
        List<Position> places =
                List.of(new Position("9", 7), new Position("10", 0), new Position("10", 1), new Position("11", 0));
        for (Position place : places) {
            rows(store.commit(
                    progress(store),
                    deadLetters(new DeadLetter(place, NOON, record, DeadLetter.Reason.UNSTORABLE, "", ""))));
        }
        rows(store.commit(
                progress(store),
                deadLetters(new DeadLetter(new Position("10", 2), NOON, record, DeadLetter.Reason.MALFORMED, "", ""))));

        assertEquals(
                new Loaded.Found<>(Set.of(new Position("10", 0), new Position("10", 1))),
                store.unstorable(new Position("9", 7), new Position("10", 5)));
        assertEquals(new Loaded.Found<>(Set.copyOf(places)), store.unstorable(Position.START, new Position("100", 0)));
    }

    @Test
    void ofAVersionOfTheRulesTheTextThatWasStoredFirstStays() {
        RuleStore rules = stores().rules();
        ShardStore store = store();
        assertEquals(new Loaded.Found<>(Optional.empty()), rules.highest());

        assertEquals(new Loaded.Found<>("two"), rules.offer(new RuleStore.Stored(2, "two")));
        assertEquals(new Loaded.Found<>("two"), rules.offer(new RuleStore.Stored(2, "another")));
        assertEquals(new Loaded.Found<>("one"), rules.offer(new RuleStore.Stored(1, "one")));

        assertEquals(new Loaded.Found<>(Optional.of(new RuleStore.Stored(2, "two"))), rules.highest());
        assertEquals(new Loaded.Found<>(Optional.of("one")), store.rules(1));
        assertEquals(new Loaded.Found<>(Optional.empty()), store.rules(3));
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
