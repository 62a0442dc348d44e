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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How a shard is read: its pace, its ends, what is away. */
class ShardLoopTest {

    private static final long T = FakeShard.ARRIVAL - 1_000_000_000L;
    private static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");

    @Test
    void readsAShardToItsEndAndClosesIt() {
        LoopRig rig = new LoopRig(LoopRig.threeRecords());

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
        assertEquals(ShardLoop.End.READ_OUT, new LoopRig(LoopRig.threeRecords()).loop.run());
    }

    @Test
    void anEmptyShardIsClosedToo() {
        LoopRig rig = new LoopRig(new FakeShard());

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertEquals(List.of(new CommitResult.Committed(0)), rig.store.commits);
    }

    @Test
    void aFaultOfOursIsNotTheEnd() {
        LoopRig rig =
                new LoopRig(LoopRig.threeRecords(), LoopRig.script(Fault.NONE, Fault.NONE, Fault.NONE, Fault.BUG));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        LoopRig.assertAllStoredOnce(rig);
    }

    @Test
    void anOutageIsToldWhileItLastsAndWaitsGrow() {
        LoopRig rig = new LoopRig(LoopRig.threeRecords(), () -> Fault.AWAY);
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
        FakeShard shard = LoopRig.threeRecords()
                .beforeEachRead(
                        () -> seen.add(rig[0].health.component("postgresql").isUp()));
        rig[0] = new LoopRig(
                shard, LoopRig.script(Fault.NONE, Fault.NONE, Fault.AWAY, Fault.NONE, Fault.NONE, Fault.NONE));

        rig[0].loop.run();

        assertEquals(List.of(true, false, true, true), seen);
    }

    @Test
    void aReadThatFailsIsTriedAgain() {
        LoopRig rig =
                new LoopRig(LoopRig.threeRecords().failing("internal failure").failing("away"));

        assertEquals(ShardLoop.End.READ_OUT, rig.loop.run());

        assertTrue(rig.health.component("kinesis").isUp());
        LoopRig.assertAllStoredOnce(rig);
    }

    @Test
    void aThrottledReadIsNoOutageBeforeThereIsNoEndToIt() {
        List<Boolean> seen = new ArrayList<>();
        LoopRig[] rig = new LoopRig[1];
        FakeShard shard = LoopRig.threeRecords()
                .answering(() -> 3)
                .throttling(11)
                .beforeEachRead(() -> seen.add(rig[0].health.toJson().encode().contains("\"throttled\"")));
        rig[0] = new LoopRig(shard);

        rig[0].loop.run();

        assertEquals(12, seen.size());
        assertEquals(List.of(false, true, true), seen.subList(9, 12));
        LoopRig.assertAllStoredOnce(rig[0]);
    }

    @Test
    void aStopDuringABackOffIsTheEndOfIt() {
        LoopRig rig = new LoopRig(LoopRig.threeRecords().failing("away"));
        rig.waits.stopInPause(1);

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(1, rig.waits.pauses.size());
        assertEquals(List.of(), rig.store.commits);
        assertEquals(0, rig.stored().userRecords());
    }

    /** However much is waiting, others see soon that the shard is read. */
    @Test
    void theFirstCommitsAreSmallAndGrow() {
        FakeShard shard = new FakeShard();
        shard.putAggregate(IntStream.range(0, BatchDecoder.FULL)
                .mapToObj(i -> temperature("oven-1", T + i, 20))
                .toList());
        LoopRig rig = new LoopRig(shard, () -> Fault.NONE);
        List<Integer> sizes = new ArrayList<>();
        rig.store.refused = work -> {
            sizes.add(work.userRecords());
            return false;
        };

        rig.loop.run();

        assertTrue(sizes.getFirst() <= 100, sizes::toString);
        assertTrue(sizes.getLast() >= BatchDecoder.FULL / 2, sizes::toString);
        assertEquals(BatchDecoder.FULL, rig.stored().userRecords());
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
        // progress, series, seven commits of a first batch that is stored in parts, and one of the second: the stop
        // comes while that is stored
        LoopRig[] rig = new LoopRig[1];
        int[] uses = {0};
        rig[0] = new LoopRig(shard, () -> {
            if (++uses[0] == 10) {
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
        LoopRig rig = new LoopRig(LoopRig.threeRecords().open());
        rig.waits.stopInPause(2);

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(Optional.empty(), rig.state().owner());
        assertEquals(1, rig.meter.handedOver);
    }

    @Test
    void whoeverHasLostTheShardStoresNothingAndEnds() {
        LoopRig rig = new LoopRig(LoopRig.threeRecords());
        LoopRig next = new LoopRig(LoopRig.threeRecords(), rig.content);

        assertEquals(ShardLoop.End.FENCED, rig.loop.run());

        assertEquals(0, rig.stored().userRecords());
        assertEquals(0, rig.meter.fenced);
        assertEquals(ShardLoop.End.READ_OUT, next.loop.run());
        LoopRig.assertAllStoredOnce(next);
    }

    @Test
    void whatWasTrimmedBeforeItWasReadIsWrittenDownAsAGap() {
        FakeShard shard = LoopRig.threeRecords();
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
        LoopRig rig = new LoopRig(LoopRig.threeRecords());

        rig.loop.run();

        assertEquals(2, rig.shard.readAheads.size());
        assertTrue(rig.shard.readAheads.stream().allMatch(delay -> delay <= ShardLoop.READ_INTERVAL_MILLIS));
    }

    /** A call takes as long as it may, and fails, again and again: nobody may take the shard for left meanwhile. */
    @Test
    void aShardWhoseStreamHangsShowsThatItIsRead() {
        FakeShard shard = new FakeShard().open();
        LoopRig rig = new LoopRig(shard);
        long callMillis = TimeUnit.NANOSECONDS.toMillis(LoopRig.HEARTBEAT_NANOS);
        List<Long> beats = new ArrayList<>();
        rig.store.refused = _ -> {
            beats.add(rig.waits.nanos());
            return false;
        };
        shard.beforeEachRead(() -> {
            shard.failing("no answer in time");
            // short ones, too, so that calls and heartbeats fall together in all ways
            rig.waits.pass(shard.readCount++ % 3 == 0 ? callMillis / 7 : callMillis);
            if (shard.readCount > 60) {
                rig.waits.requestStop();
            }
        });

        rig.loop.run();

        assertTrue(beats.size() > 20, () -> beats.size() + " beats");
        for (int i = 1; i < beats.size(); i++) {
            long between = beats.get(i) - beats.get(i - 1);
            assertTrue(between <= 2 * LoopRig.HEARTBEAT_NANOS + 300_000_000L, () -> between + " ns without a beat");
        }
    }

    @Test
    void aReaderWithoutRoomIsNoOutageAndKeepsNeitherABeatNorAStopWaiting() {
        FakeShard shard = new FakeShard().open();
        LoopRig rig = new LoopRig(shard);
        List<Long> beats = new ArrayList<>();
        rig.store.refused = _ -> {
            beats.add(rig.waits.nanos());
            if (beats.size() == 3) {
                rig.waits.requestStop();
            }
            return false;
        };
        shard.beforeEachRead(() -> {
            rig.waits.pass(1_000);
            if (shard.readCount++ > 0) {
                shard.waiting(1);
            }
        });

        assertEquals(ShardLoop.End.GIVEN_UP, rig.loop.run());

        assertEquals(3, beats.size());
        assertTrue(rig.health.component("kinesis").isUp());
    }
}
