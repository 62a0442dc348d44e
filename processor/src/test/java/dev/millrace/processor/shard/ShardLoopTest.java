package dev.millrace.processor.shard;

import static dev.millrace.processor.shard.LoopRig.temperature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.shard.FaultyStore.Fault;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShardLoopTest {

    private static final long T = FakeShard.ARRIVAL - 1_000_000_000L;
    private static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");

    /** Three records, one value each: fine, too hot, fine. */
    private static FakeShard threeRecords() {
        return new FakeShard()
                .putAggregate(List.of(temperature("oven-1", T, 70)))
                .putAggregate(List.of(temperature("oven-1", T + 1, 95)))
                .putAggregate(List.of(temperature("oven-1", T + 2, 71)))
                .answering(() -> 1);
    }

    private static Supplier<Fault> script(Fault... faults) {
        Deque<Fault> script = new ArrayDeque<>(List.of(faults));
        return () -> Objects.requireNonNullElse(script.poll(), Fault.NONE);
    }

    private static void assertAllStoredOnce(LoopRig rig) {
        LoopRig straight = new LoopRig(threeRecords());
        straight.loop.run();
        assertEquals(3, straight.stored().userRecords());
        assertEquals(1, straight.stored().anomalies().size());
        assertEquals(straight.stored(), rig.stored());
    }

    @Test
    void readsAShardToItsEndAndClosesIt() {
        LoopRig rig = new LoopRig(threeRecords());

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(3, rig.stored().userRecords());
        assertEquals(
                Set.of(T, T + 1, T + 2),
                Objects.requireNonNull(rig.stored().samples().get(TEMPERATURE)).keySet());
        assertEquals(
                Map.of(TEMPERATURE, new LatestValue(T + 2, new Measurement.Numeric("temperature", 71))),
                rig.latest.values);
        assertEquals(List.of(new ReadFrom.TrimHorizon()), rig.shard.seeks);
        assertEquals(1, rig.shard.closed);
        assertEquals(1, rig.store.closed);
        assertEquals(1, rig.meter.left);
        assertEquals(1, rig.latest.ended);
        assertEquals(ShardLoop.End.READ_OUT, new LoopRig(threeRecords()).loop.run());
    }

    @Test
    void anEmptyShardIsClosedToo() {
        LoopRig rig = new LoopRig(new FakeShard());

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(List.of(new CommitResult.Committed(0)), rig.store.commits);
    }

    @Test
    void aFencedCommitLetsTheStoredPositionDecide() {
        // progress, series, then the first commit
        LoopRig rig = new LoopRig(threeRecords(), script(Fault.NONE, Fault.NONE, Fault.RIVAL));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(new CommitResult.Fenced(), rig.store.commits.getFirst());
        assertEquals(1, rig.meter.fenced);
        assertEquals(
                List.of(
                        new ReadFrom.TrimHorizon(),
                        new ReadFrom.Resume(
                                new Position(rig.shard.records().getFirst().sequenceNumber(), 0))),
                rig.shard.seeks);
        assertAllStoredOnce(rig);
    }

    @Test
    void aCommitThatFailsLosesNothing() {
        LoopRig rig = new LoopRig(threeRecords(), script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.AWAY));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertAllStoredOnce(rig);
    }

    @Test
    void aCommitWhoseAnswerIsLostCountsOnce() {
        LoopRig rig = new LoopRig(threeRecords(), script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.ANSWER_LOST));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertAllStoredOnce(rig);
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
                shard, script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE, fault));

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
    void aFaultOfOursIsNotTheEnd() {
        LoopRig rig = new LoopRig(threeRecords(), script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.BUG));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertAllStoredOnce(rig);
    }

    @Test
    void anOutageIsToldWhileItLastsAndWaitsGrow() {
        LoopRig rig = new LoopRig(threeRecords(), () -> Fault.AWAY);
        rig.waits.stopInPause(30);

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(30, rig.waits.pauses.size());
        assertTrue(rig.waits.pauses.stream().allMatch(pause -> pause >= 1 && pause <= 5_000));
        assertTrue(rig.waits.pauses.stream().mapToLong(pause -> pause).max().orElse(0) > 1_000);
        assertEquals(List.of(), rig.shard.seeks);
    }

    @Test
    void postgresqlIsDownUntilACommitSucceedsAgain() {
        List<Boolean> seen = new ArrayList<>();
        LoopRig[] rig = new LoopRig[1];
        FakeShard shard = threeRecords()
                .beforeEachRead(
                        () -> seen.add(rig[0].health.component("postgresql").isUp()));
        rig[0] = new LoopRig(shard, script(Fault.NONE, Fault.NONE, Fault.AWAY, Fault.NONE, Fault.NONE, Fault.NONE));

        rig[0].loop.run();

        assertEquals(List.of(true, false, true, true), seen);
    }

    @Test
    void aReadThatFailsIsTriedAgain() {
        LoopRig rig = new LoopRig(threeRecords().failing("internal failure").failing("away"));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertTrue(rig.health.component("kinesis").isUp());
        assertAllStoredOnce(rig);
    }

    @Test
    void aThrottledReadIsNoOutageBeforeThereIsNoEndToIt() {
        List<Boolean> seen = new ArrayList<>();
        LoopRig[] rig = new LoopRig[1];
        FakeShard shard = threeRecords()
                .answering(() -> 3)
                .throttling(11)
                .beforeEachRead(() -> seen.add(rig[0].health.toJson().encode().contains("\"throttled\"")));
        rig[0] = new LoopRig(shard);

        rig[0].loop.run();

        assertEquals(12, seen.size());
        assertEquals(List.of(false, true, true), seen.subList(9, 12));
        assertAllStoredOnce(rig[0]);
    }

    @Test
    void aStopDuringABackOffIsTheEndOfIt() {
        LoopRig rig = new LoopRig(threeRecords().failing("away"));
        rig.waits.stopInPause(1);

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(1, rig.waits.pauses.size());
        assertEquals(List.of(), rig.store.commits);
        assertEquals(0, rig.stored().userRecords());
    }

    @Test
    void aStopLetsTheBatchInHandCommitAndNoOther() {
        int full = BatchDecoder.FULL;
        FakeShard shard = new FakeShard();
        for (int record = 0; record < 4; record++) {
            int first = record * full;
            shard.putAggregate(IntStream.range(first, first + full)
                    .mapToObj(i -> temperature("oven-1", T + i, 20))
                    .toList());
        }
        // progress, series, first commit, second commit: the stop comes while the second of four batches is stored
        LoopRig[] rig = new LoopRig[1];
        int[] uses = {0};
        rig[0] = new LoopRig(shard, () -> {
            if (++uses[0] == 4) {
                rig[0].waits.requestStop();
            }
            return Fault.NONE;
        });

        assertEquals(ShardLoop.End.GIVEN_UP, rig[0].loop.run());

        assertEquals(2L * full, rig[0].stored().userRecords());
        assertEquals(1, rig[0].store.closed);
    }

    @Test
    void readsAtMostFourTimesASecondAndLessWhenIdle() {
        LoopRig rig = new LoopRig(new FakeShard().open());
        rig.waits.stopInPause(12);

        rig.loop.run();

        assertEquals(250, rig.waits.pauses.getFirst());
        assertEquals(500, rig.waits.pauses.getLast());
        assertTrue(rig.waits.pauses.stream().allMatch(pause -> pause == 250 || pause == 500));
        assertEquals(0, rig.meter.behind);
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
    void anIdleShardShowsThatItIsRead() {
        LoopRig rig = new LoopRig(new FakeShard().open());
        rig.waits.stopInPause(40);
        long beat = rig.beat();

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        // some 18 s, a sign every 5 s, and the release
        assertEquals(beat + 4, rig.beat());
        assertEquals(0, rig.stored().userRecords());
        assertEquals(
                OptionalLong.of(FakeShard.ARRIVAL - TimeUnit.SECONDS.toMicros(5)),
                rig.state().streamTime());
    }

    @Test
    void aShardWhoseStreamIsAwayShowsThatItIsReadToo() {
        FakeShard shard = new FakeShard().open();
        for (int i = 0; i < 100; i++) {
            shard.failing("away");
        }
        LoopRig rig = new LoopRig(shard);
        rig.waits.stopInPause(30);
        long beat = rig.beat();

        rig.loop.run();

        long passed = rig.waits.pauses.stream().mapToLong(pause -> pause).sum();
        assertTrue(rig.beat() - beat >= passed / 6_000, rig.beat() - beat + " in " + passed);
    }

    @Test
    void aStopLetsOthersHaveTheShard() {
        LoopRig rig = new LoopRig(threeRecords().open());
        rig.waits.stopInPause(2);

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(Optional.empty(), rig.state().owner());
        assertEquals(1, rig.meter.handedOver);
    }

    @Test
    void whoeverHasLostTheShardStoresNothingAndEnds() {
        LoopRig rig = new LoopRig(threeRecords());
        LoopRig next = new LoopRig(threeRecords(), rig.content);

        assertEquals(ShardLoop.End.FENCED, rig.loop.run());

        assertEquals(0, rig.stored().userRecords());
        assertEquals(0, rig.meter.fenced);
        assertEquals(ShardLoop.End.READ_OUT, next.loop.run());
        assertAllStoredOnce(next);
    }

    @Test
    void aCommitAfterTheShardWasLostIsFenced() {
        LoopRig[] rig = new LoopRig[1];
        rig[0] = new LoopRig(threeRecords().beforeEachRead(() -> LoopRig.take(rig[0].content)));

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
        rig[0] = new LoopRig(threeRecords(), () -> {
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
        // state, series, the whole is refused, series, first half, series, and the second half comes to grief
        LoopRig rig = new LoopRig(
                shard, script(Fault.NONE, Fault.NONE, Fault.REFUSED, Fault.NONE, Fault.NONE, Fault.NONE, Fault.AWAY));

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
    void whatWasTrimmedBeforeItWasReadIsWrittenDownAsAGap() {
        FakeShard shard = threeRecords();
        LoopRig first = new LoopRig(shard);
        first.waits.stopInPause(1);
        first.loop.run();
        assertEquals(1, first.stored().userRecords());

        shard.trim(2);
        shard.answeredAt = FakeShard.ARRIVAL + 2 * LoopRig.RETENTION_MICROS;
        LoopRig second = new LoopRig(shard, first.content);

        assertEquals(ShardLoop.End.READ_OUT, second.loop.run());

        assertEquals(
                List.of(new Gap(
                        new Position(shard.records().get(0).sequenceNumber(), 0),
                        OptionalLong.of(FakeShard.ARRIVAL),
                        Optional.of(shard.records().get(2).sequenceNumber()),
                        shard.records().get(2).arrivedAt())),
                second.stored().gaps());
        assertEquals(2, second.stored().userRecords());
    }

    @Test
    void readsAheadWhileABatchCommits() {
        LoopRig rig = new LoopRig(threeRecords());

        rig.loop.run();

        assertEquals(2, rig.shard.readAheads.size());
        assertTrue(rig.shard.readAheads.stream().allMatch(delay -> delay <= ShardLoop.READ_INTERVAL_MILLIS));
    }

    @Test
    void aShardFarBehindWritesItsLatestValuesOnlyNowAndThen() {
        FakeShard shard = new FakeShard();
        for (int i = 0; i < 20; i++) {
            shard.putAggregate(List.of(temperature("oven-1", T + i, 20 + i)));
        }
        shard.answering(() -> 1).behind(ShardLoopTest::farBehind);
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
}
