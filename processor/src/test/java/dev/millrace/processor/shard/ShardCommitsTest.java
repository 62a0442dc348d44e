package dev.millrace.processor.shard;

import static dev.millrace.processor.shard.LoopRig.temperature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.shard.FaultyStore.Fault;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How what was read is stored: fencing, doubtful commits, what the database refuses, the latest values. */
class ShardCommitsTest {

    private static final long T = FakeShard.ARRIVAL - 1_000_000_000L;
    private static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");

    @Test
    void aFencedCommitLetsTheStoredPositionDecide() {
        // progress, series, then the first commit
        LoopRig rig = new LoopRig(LoopRig.threeRecords(), LoopRig.script(Fault.NONE, Fault.NONE, Fault.RIVAL));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(new CommitResult.Fenced(), rig.store.commits.getFirst());
        assertEquals(1, rig.meter.fenced);
        assertEquals(
                List.of(
                        new ReadFrom.TrimHorizon(),
                        // what the rival has fed is in its journal
                        new ReadFrom.Resume(
                                new Position(rig.shard.records().getFirst().sequenceNumber(), 0))),
                rig.shard.seeks);
        LoopRig.assertAllStoredOnce(rig);
    }

    @Test
    void aCommitThatFailsLosesNothing() {
        LoopRig rig =
                new LoopRig(LoopRig.threeRecords(), LoopRig.script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.AWAY));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        LoopRig.assertAllStoredOnce(rig);
    }

    @Test
    void aCommitWhoseAnswerIsLostCountsOnce() {
        LoopRig rig = new LoopRig(
                LoopRig.threeRecords(), LoopRig.script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.ANSWER_LOST));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        LoopRig.assertAllStoredOnce(rig);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"AWAY", "ANSWER_LOST", "RIVAL", "BUG"})
    void theCacheLearnsFromWhenOnItMayLackWhatWasCommitted(Fault fault) {
        FakeShard shard = new FakeShard()
                .putAggregate(List.of(temperature("oven-1", T, 70)))
                .putAggregate(List.of(temperature("oven-2", T + 1, 70)))
                .putAggregate(List.of(temperature("oven-3", T + 2, 70)))
                .answering(() -> 1);
        // state, then series and commit of the first batch, of the second and of the third
        LoopRig rig = new LoopRig(
                shard, LoopRig.script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, fault));

        rig.loop.run();

        assertEquals(3, rig.stored().userRecords());
        // the second commit has stored that the first batch is in the cache, and the third, where it happened, the
        // second
        boolean happened = fault == Fault.ANSWER_LOST || fault == Fault.RIVAL;
        assertEquals(
                List.of(OptionalLong.empty(), OptionalLong.of(FakeShard.ARRIVAL + (happened ? 1_000 : 0))),
                rig.latest.begun);
    }

    @Test
    void whatIsNoReadingIsADeadLetterAndBlocksNothing() {
        FakeShard shard = new FakeShard()
                .put("junk", "junk".getBytes(StandardCharsets.UTF_8))
                .putAggregate(List.of(temperature("oven-1", T, 20)));
        LoopRig rig = new LoopRig(shard);

        rig.loop.run();

        assertEquals(
                List.of(shard.records().getFirst().sequenceNumber()),
                rig.stored().deadLetters().stream()
                        .map(position -> position.sequenceNumber())
                        .toList());
        assertEquals(2, rig.stored().userRecords());
    }

    @Test
    void redisGetsOnlyWhatIsLaterThanAllBefore() {
        FakeShard shard = new FakeShard()
                .putAggregate(List.of(temperature("oven-1", T + 5, 20), temperature("oven-1", T + 4, 30)))
                .putAggregate(List.of(temperature("oven-1", T + 5, 40)))
                .putAggregate(List.of(temperature("oven-1", T + 1, 50)))
                .answering(() -> 1);
        LoopRig rig = new LoopRig(shard);

        rig.loop.run();

        assertEquals(
                Map.of(TEMPERATURE, new LatestValue(T + 5, new Measurement.Numeric("temperature", 20))),
                rig.latest.values);
        assertEquals(3, rig.meter.rows);
    }

    @Test
    void aCommitAfterTheShardWasLostIsFenced() {
        LoopRig[] rig = new LoopRig[1];
        rig[0] = new LoopRig(LoopRig.threeRecords().beforeEachRead(() -> LoopRig.take(rig[0].content)));

        assertEquals(ShardLoop.End.FENCED, rig[0].loop.run());

        assertEquals(List.of(new CommitResult.Fenced()), rig[0].store.commits);
        assertEquals(1, rig[0].meter.fenced);
        assertEquals(0, rig[0].stored().userRecords());
        assertEquals(0, rig[0].meter.handedOver);
    }

    @Test
    void aCommitOfUnknownOutcomeThatAnotherOwnerFollowedCountsAsFenced() {
        LoopRig[] rig = new LoopRig[1];
        int[] uses = {0};
        rig[0] = new LoopRig(LoopRig.threeRecords(), () -> {
            if (++uses[0] == 3) {
                LoopRig.take(rig[0].content);
                return Fault.AWAY;
            }
            return Fault.NONE;
        });

        assertEquals(ShardLoop.End.FENCED, rig[0].loop.run());

        assertEquals(1, rig[0].meter.fenced);
    }

    @Test
    void whatTheDatabaseRefusesIsIsolatedByHalving() {
        FakeShard shard = new FakeShard()
                .putAggregate(IntStream.range(0, 100)
                        .mapToObj(i -> temperature("oven-" + i, T + i, i == 37 || i == 38 || i == 99 ? 666 : 20))
                        .toList());
        LoopRig rig = new LoopRig(shard);
        rig.store.refused = work -> work.samples().stream()
                .anyMatch(sample -> sample.measurement().equals(new Measurement.Numeric("temperature", 666)));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        String record = shard.records().getFirst().sequenceNumber();
        assertEquals(
                List.of(new Position(record, 37), new Position(record, 38), new Position(record, 99)),
                rig.stored().deadLetters());
        assertEquals(97, rig.stored().samples().size());
        assertEquals(100, rig.stored().userRecords());
        assertEquals(1, shard.seeks.size());
    }

    @Test
    void aHalfDoesNotTellThatAllOfItsBatchWasRead() {
        // or else what retention trims of the other half, after a crash between the two, is no gap
        FakeShard shard = new FakeShard()
                .putAggregate(List.of(temperature("oven-1", T, 20)))
                .putAggregate(List.of(temperature("oven-2", T, 666)));
        LoopRig rig = new LoopRig(shard);
        Map<String, OptionalLong> readTo = new HashMap<>();
        rig.store.refused = work -> {
            readTo.put(work.position().sequenceNumber(), work.streamTime());
            return work.samples().stream()
                    .anyMatch(sample -> sample.measurement().equals(new Measurement.Numeric("temperature", 666)));
        };

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        ShardRecord first = shard.records().getFirst();
        ShardRecord second = shard.records().getLast();
        assertEquals(
                Map.of(
                        first.sequenceNumber(),
                        OptionalLong.of(first.arrivedAt()),
                        second.sequenceNumber(),
                        OptionalLong.of(second.arrivedAt())),
                readTo);
    }

    @Test
    void aCrashBetweenTheHalvesLosesNothing() {
        FakeShard shard = new FakeShard()
                .putAggregate(IntStream.range(0, 10)
                        .mapToObj(i -> temperature("oven-" + i, T + i, 20))
                        .toList());
        // state, series, the whole is refused, first half, and the second half comes to grief
        LoopRig rig = new LoopRig(shard, LoopRig.script(Fault.NONE, Fault.NONE, Fault.REFUSED, Fault.NONE, Fault.AWAY));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(10, rig.stored().userRecords());
        assertEquals(10, rig.stored().samples().size());
        assertEquals(
                new ReadFrom.Resume(new Position(shard.records().getFirst().sequenceNumber(), 4)),
                shard.seeks.getLast());
    }

    @Test
    void aDeadLetterThatTheDatabaseRefusesIsStoredWithoutItsData() {
        FakeShard shard = new FakeShard().put("junk", "junk".getBytes(StandardCharsets.UTF_8));
        LoopRig rig = new LoopRig(shard);
        rig.store.refused = work ->
                work.deadLetters().stream().anyMatch(letter -> letter.record().length() > 0);

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(1, rig.stored().deadLetters().size());
    }

    @Test
    void aShardFarBehindWritesItsLatestValuesOnlyNowAndThen() {
        FakeShard shard = new FakeShard();
        for (int i = 0; i < 20; i++) {
            shard.putAggregate(List.of(temperature("oven-1", T + i, 20 + i)));
        }
        shard.answering(() -> 1).behind(ShardCommitsTest::farBehind);
        LoopRig rig = new LoopRig(shard);

        rig.loop.run();

        // 20 reads in some 5 s, one write a second, and the last one at the tip
        assertTrue(rig.latest.updates >= 4 && rig.latest.updates <= 7, () -> rig.latest.updates + " writes");
        assertEquals(
                Map.of(TEMPERATURE, new LatestValue(T + 19, new Measurement.Numeric("temperature", 39))),
                rig.latest.values);
    }

    private static long farBehind() {
        return LatestWrites.FAR_BEHIND_MILLIS + 1;
    }

    /** Readers of a hash that says that it is complete must not wait until the store is there again. */
    @Test
    void whatWaitsToBeWrittenIsWrittenWhenTheStoreGoesAway() {
        FakeShard shard = new FakeShard()
                .putAggregate(List.of(temperature("oven-1", T, 20)))
                .putAggregate(List.of(temperature("oven-1", T + 1, 21)))
                .answering(() -> 1)
                .behind(ShardCommitsTest::farBehind);
        // state, series, the first commit; then the second fails, and so does what asks for the state
        LoopRig rig = new LoopRig(
                shard, LoopRig.script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.AWAY, Fault.AWAY, Fault.AWAY));
        List<Integer> updates = new ArrayList<>();
        rig.waits.onPause(() -> updates.add(rig.latest.updates));

        rig.loop.run();

        // in the back-off, before the second commit is tried again
        assertTrue(updates.contains(1), updates::toString);
    }

    @Test
    void whatFailsToCommitIsTriedAgainInSmallerParts() {
        FakeShard shard = new FakeShard()
                .putAggregate(IntStream.range(0, 100)
                        .mapToObj(i -> temperature("oven-" + i, T + i, 20))
                        .toList());
        LoopRig rig = new LoopRig(shard);
        List<Integer> sizes = new ArrayList<>();
        rig.store.slow = work -> {
            sizes.add(work.userRecords());
            if (sizes.size() > 100) {
                throw new AssertionError("the same again and again: " + sizes);
            }
            // as if more did not get done within a statement's time
            return work.userRecords() > 20;
        };

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(100, rig.stored().userRecords());
        assertEquals(100, rig.stored().samples().size());
        assertEquals(List.of(100, 50, 25, 12), sizes.subList(0, 4));
    }

    @Test
    void aRecordWithMoreThanABatchIsCutInside() {
        int readings = 3 * ShardCommits.MOST;
        FakeShard shard = new FakeShard()
                .putAggregate(IntStream.range(0, readings)
                        .mapToObj(i -> temperature("oven-1", T + i, 20))
                        .toList());
        LoopRig rig = new LoopRig(shard);
        List<Integer> sizes = new ArrayList<>();
        rig.store.slow = work -> {
            sizes.add(work.userRecords());
            return false;
        };

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(readings, rig.stored().userRecords());
        assertTrue(sizes.stream().allMatch(size -> size <= ShardCommits.MOST), sizes::toString);
    }
}
