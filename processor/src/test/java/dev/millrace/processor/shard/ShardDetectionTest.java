package dev.millrace.processor.shard;

import static dev.millrace.processor.shard.LoopRig.temperature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.shard.FaultyStore.Fault;
import dev.millrace.processor.store.Content;
import dev.millrace.processor.store.StoredAnomaly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shard's detector knows: how it is kept, built anew, and looked at by time and by other rules. */
class ShardDetectionTest {

    private static final long T = FakeShard.ARRIVAL - 1_000_000_000L;

    private static final String HOT = """
            version: 1
            rules:
              - name: hot
                metric: temperature
                above: 90
                severity: warning
            """;
    private static final String SILENT = """
            version: 2
            rules:
              - name: silent
                metric: temperature
                silentFor: 30s
                severity: critical
            """;

    /** Writes next to nothing by itself. */
    private static final SnapshotPace SLOW = new SnapshotPace(Duration.ZERO, 1, Duration.ofHours(1));

    private RuleSet rules = LoopRig.rules(HOT);

    private ShardLoop.Detection detection(SnapshotPace pace) {
        return new ShardLoop.Detection(() -> Optional.of(rules), pace);
    }

    private LoopRig rig(FakeShard shard, Content content, Supplier<Fault> faults) {
        return new LoopRig(shard, content, faults, detection(SLOW));
    }

    private LoopRig rig(FakeShard shard, Content content) {
        return rig(shard, content, () -> Fault.NONE);
    }

    private static FakeShard shard(int sensors) {
        FakeShard shard = new FakeShard().open();
        for (int i = 0; i < sensors; i++) {
            shard.putAggregate(List.of(temperature("oven-" + i, T + i, 95)));
        }
        return shard;
    }

    private static Collection<StoredAnomaly> anomalies(Content content) {
        return content.stored().anomalies().values();
    }

    private static void kill(LoopRig rig) {
        assertThrows(FaultyStore.Killed.class, rig.loop::run);
    }

    /** A process that is killed when it has stored so much of a shard. */
    private void killedAfter(FakeShard shard, Content content, int commits) {
        int[] left = {commits};
        LoopRig rig = rig(shard, content, () -> Fault.NONE);
        rig.store.refused = _ -> {
            if (left[0]-- == 0) {
                throw new FaultyStore.Killed();
            }
            return false;
        };
        kill(rig);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoeverTakesAShardOverFeedsWhatWasNotWrittenDown(boolean journal) {
        FakeShard shard = shard(20).answering(() -> 1);
        Content content = new Content();
        killedAfter(shard, content, 10);
        assertTrue(content.snapshots().size() < 10, content.snapshots()::toString);

        shard.putAggregate(List.of(temperature("oven-3", T + 100, 20)));
        LoopRig next = rig(shard, content);
        next.store.hasJournal = () -> journal;
        next.waits.stopInPause(40);
        shard.seeks.clear();
        next.loop.run();

        assertTrue(next.meter.refed >= 1);
        assertEquals(journal ? 1 : 2, shard.seeks.size(), "whether the stream is read again");
        // the end of what the first one has opened is found by what is known of it
        assertEquals(
                List.of(OptionalLong.of(T + 100)),
                anomalies(content).stream()
                        .filter(anomaly -> anomaly.series().sensorId().equals("oven-3"))
                        .map(StoredAnomaly::closedAt)
                        .toList());
        assertEquals(20, anomalies(content).size());
    }

    /** A process that reads a shard and gives it up. */
    private void givenUp(FakeShard shard, Content content) {
        LoopRig rig = rig(shard, content);
        rig.waits.stopInPause(3);
        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());
    }

    /** What it would have to wait for otherwise: the states of all its series, or the stream. */
    @Test
    void whoeverTakesAShardOverLoadsWhatItsFirstBatchNeedsAndTheRestByAndBy() {
        FakeShard shard = shard(6_000);
        Content content = new Content();
        givenUp(shard, content);
        assertTrue(content.snapshots().size() < 100, "nothing is written down at a hand-over");

        shard.putAggregate(List.of(temperature("oven-1", T + 9_000, 20)));
        LoopRig next = rig(shard, content);
        List<Integer> remembered = new ArrayList<>();
        next.store.refused = _ -> {
            remembered.add(next.meter.refed);
            return false;
        };
        next.waits.stopInPause(80);
        next.loop.run();

        assertTrue(remembered.getFirst() < 1_000, remembered::toString);
        assertTrue(next.meter.refed >= 5_900, remembered::toString);
        assertEquals(6_000, anomalies(content).size());
        assertEquals(
                1,
                anomalies(content).stream()
                        .filter(one -> one.closedAt().isPresent())
                        .count());
    }

    /** By its rules, which need not be those of the shards that follow. */
    @Test
    void aShardThatEndsHasLookedAtAllThatIsSilent() {
        rules = LoopRig.rules(SILENT);
        int sensors = 2 * WatchedSeries.PORTION + 500;
        FakeShard shard = new FakeShard();
        for (int i = 0; i < sensors; i++) {
            shard.putAggregate(List.of(temperature("oven-" + i, T + i, 20)));
        }
        shard.later(TimeUnit.MINUTES.toMicros(1));
        shard.putAggregate(List.of(temperature("last", T, 20)));
        Content content = new Content();

        assertEquals(ShardLoop.End.READ_OUT, rig(shard, content).loop.run());

        assertEquals(sensors, anomalies(content).size());
    }

    @Test
    void aShardThatIsGivenUpWithFewSeriesLeavesNothingToFeedAgain() {
        FakeShard shard = shard(20);
        Content content = new Content();
        givenUp(shard, content);
        assertEquals(20, content.snapshots().size());

        LoopRig next = rig(shard, content);
        next.waits.stopInPause(3);
        next.loop.run();

        assertEquals(0, next.meter.refed);
    }

    /** What cannot be had of the journal must not keep a shard from being read. */
    @Test
    void aJournalThatCannotBeReadIsReplacedByTheStream() {
        FakeShard shard = shard(20).answering(() -> 1);
        Content content = new Content();
        killedAfter(shard, content, 10);

        LoopRig next = rig(shard, content);
        int[] asked = {0};
        next.store.journalFaults = () -> {
            asked[0]++;
            return Fault.AWAY;
        };
        next.waits.stopInPause(60);
        next.loop.run();

        assertEquals(2, asked[0]);
        assertEquals(20, anomalies(content).size());
    }

    @Test
    void anIdleShardBecomesCleanByItsSignsOfLife() {
        LoopRig rig = new LoopRig(
                shard(20),
                new Content(),
                () -> Fault.NONE,
                detection(new SnapshotPace(Duration.ZERO, 2, Duration.ofMinutes(10))));
        rig.waits.stopInPause(60);
        rig.waits.onPause(() -> {
            if (rig.waits.pauses.size() == 58) {
                assertEquals(0, rig.meter.dirty);
            }
        });
        rig.loop.run();

        assertEquals(20, rig.content.snapshots().size());
    }

    @Test
    void anOutageOfTheDatabaseCostsNoFeedingAgain() {
        FakeShard shard = shard(20).answering(() -> 1);
        // the state, then two uses a record: it is away for a while in the middle
        int[] uses = {0};
        LoopRig rig = rig(shard, new Content(), () -> ++uses[0] > 20 && uses[0] < 27 ? Fault.AWAY : Fault.NONE);
        rig.waits.stopInPause(60);
        rig.loop.run();

        assertTrue(uses[0] > 27);
        assertEquals(0, rig.meter.refed);
        assertEquals(20, anomalies(rig.content).size());
    }

    @Test
    void aCommitWhoseAnswerIsLostIsKnownByItsBeat() {
        FakeShard shard = shard(6).answering(() -> 1);
        int[] uses = {0};
        LoopRig rig = rig(shard, new Content(), () -> ++uses[0] == 7 ? Fault.ANSWER_LOST : Fault.NONE);
        rig.waits.stopInPause(30);
        rig.loop.run();

        assertEquals(0, rig.meter.refed);
        assertEquals(6, anomalies(rig.content).size());
    }

    @Test
    void whereRetentionHasTakenWhatIsMissingItGoesOnWithWhatItHas() {
        FakeShard shard = shard(20).answering(() -> 1);
        Content content = new Content();
        killedAfter(shard, content, 10);
        shard.trim(9);

        LoopRig next = rig(shard, content);
        next.waits.stopInPause(40);
        next.loop.run();

        assertEquals(20, next.stored().userRecords());
    }

    @Test
    void aShardThatAnEarlierVersionHasReadIsReadOnFromItsPosition() {
        FakeShard shard = shard(4).answering(() -> 1);
        Content content = new Content();
        LoopRig first = rig(shard, content);
        first.waits.stopInPause(2);
        first.loop.run();
        content.forgetDetectors();

        LoopRig next = rig(shard, content);
        next.waits.stopInPause(20);
        next.loop.run();

        assertEquals(0, next.meter.refed);
        assertEquals(4, next.stored().userRecords());
        assertTrue(next.state().detector().mark().isPresent());
    }

    /** The plant stands still: nothing arrives, and the stream's clock goes on. */
    @Test
    void aSilenceOfEverythingIsFoundByTheStreamsClock() {
        rules = LoopRig.rules(SILENT);
        FakeShard shard = shard(3);
        LoopRig rig = rig(shard, new Content());
        shard.beforeEachRead(() -> shard.answeredAt += TimeUnit.SECONDS.toMicros(1));
        rig.waits.stopInPause(60);
        rig.loop.run();

        assertEquals(
                List.of(0L, 1_000L, 2_000L),
                anomalies(rig.content).stream()
                        .map(anomaly -> anomaly.openedAt() - FakeShard.ARRIVAL - TimeUnit.SECONDS.toMicros(30))
                        .sorted()
                        .toList());
        assertTrue(anomalies(rig.content).stream()
                .allMatch(anomaly -> anomaly.closedAt().isEmpty()));
    }

    @Test
    void aSilenceThatBeganUnderAnotherOwnerIsFoundAfterATakeOverAndOnlyOnce() {
        rules = LoopRig.rules(SILENT);
        FakeShard shard = shard(3);
        Content content = new Content();
        killedAfter(shard, content, 2);
        for (int owner = 0; owner < 3; owner++) {
            LoopRig next = rig(shard, content);
            shard.beforeEachRead(() -> shard.answeredAt += TimeUnit.SECONDS.toMicros(1));
            next.waits.stopInPause(25);
            next.loop.run();
        }

        assertEquals(3, anomalies(content).size());
        assertTrue(anomalies(content).stream().allMatch(anomaly -> anomaly.revision() == 1));
    }

    @Test
    void rulesThatAreGoneEndTheirAnomaliesThoughNothingArrives() {
        FakeShard shard = shard(3);
        LoopRig rig = rig(shard, new Content());
        rig.waits.stopInPause(12);
        rig.waits.onPause(() -> {
            if (rig.waits.pauses.size() == 5) {
                rules = LoopRig.rules(SILENT);
            }
        });
        rig.loop.run();

        assertEquals(OptionalInt.of(2), rig.state().detector().rulesVersion());
        assertEquals(3, anomalies(rig.content).size());
        assertTrue(anomalies(rig.content).stream()
                .allMatch(anomaly -> anomaly.closedAt().isPresent()));
    }

    @Test
    void aShardUnderRulesThatCannotBeReadIsLeftToOthers() {
        FakeShard shard = shard(3);
        Content content = new Content();
        rules = LoopRig.rules(SILENT);
        LoopRig first = rig(shard, content);
        first.waits.stopInPause(3);
        first.loop.run();

        rules = LoopRig.rules(HOT);
        LoopRig next = rig(shard, content);
        assertThrows(UnreadableRules.class, next.loop::run);
        assertEquals(Optional.empty(), next.state().owner());

        // where they are known, they hold until there are newer ones
        content.store(2, SILENT);
        LoopRig last = rig(shard, content);
        last.waits.stopInPause(3);
        assertEquals(ShardLoop.End.GIVEN_UP, last.loop.run());
        assertEquals(OptionalInt.of(2), last.state().detector().rulesVersion());
    }
}
