package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.SHARD_1;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.await;
import static dev.millrace.local.kinesis.KinesisRig.entry;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.fault.ArmedFault;
import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.kinesis.store.StoredRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Every fault, as a client of the AWS SDK meets it. */
class KinesisFaultsTest {

    private static final Duration PATIENT = Duration.ofSeconds(60);
    private static final Duration IMPATIENT = Duration.ofMillis(300);

    @Test
    void throttlesAShareOfTheEntries() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            ArmedFault fault =
                    rig.emulator.faults().add(FaultRule.of(Fault.throttle()).share(0.2));
            PutRecordsResponse answer = putHundreds(rig);

            assertTrue(answer.failedRecordCount() > 50 && answer.failedRecordCount() < 150);
            assertEquals((long) answer.failedRecordCount(), fault.strikes());
            assertEquals(
                    (long) answer.failedRecordCount(), rig.emulator.counts().refusedByFault());
            var accepted = new ArrayList<String>();
            for (int i = 0; i < 500; i++) {
                if (answer.records().get(i).errorCode() == null) {
                    accepted.add("" + i);
                } else {
                    assertEquals(
                            "ProvisionedThroughputExceededException",
                            answer.records().get(i).errorCode());
                }
            }
            assertEquals(accepted, texts(rig));
            rig.emulator.faults().clear();
            assertEquals(0, putHundreds(rig).failedRecordCount());
        }
    }

    @Test
    void theSameSeedStrikesTheSameEntries() {
        List<String> first;
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(Fault.throttle()).share(0.5));
            putHundreds(rig);
            first = texts(rig);
        }
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(Fault.throttle()).share(0.5));
            putHundreds(rig);
            assertEquals(first, texts(rig));
        }
    }

    @Test
    void throttlesEverythingOfOneShardAlone() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            rig.emulator.faults().add(FaultRule.of(Fault.throttle()).inShard(SHARD_1));
            PutRecordsResponse answer = putHundreds(rig);

            assertEquals(0, rig.emulator.records(STREAM, SHARD_1).size());
            assertEquals(
                    500 - answer.failedRecordCount(),
                    rig.emulator.records(STREAM, SHARD_0).size());
            assertEquals("ProvisionedThroughputExceededException", errorOf(() -> rig.put("b", "x")));
            assertEquals("none", errorOf(() -> rig.put("a", "x")));
        }
    }

    @Test
    void failsSingleEntriesWithInternalFailure() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(Fault.failEntries()).nth(2));
            PutRecordsResponse answer = rig.putAll(List.of(entry("k", "1"), entry("k", "2"), entry("k", "3")));

            assertEquals(1, answer.failedRecordCount());
            assertEquals("InternalFailure", answer.records().get(1).errorCode());
            assertEquals(List.of("1", "3"), texts(rig));
        }
    }

    @Test
    void failsWholeCallsOfOneOperation() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(Fault.failCall()).on(Operation.PUT_RECORDS));

            assertEquals("InternalFailure", errorOf(() -> rig.putAll(List.of(entry("k", "1")))));
            assertEquals("none", errorOf(() -> rig.put("k", "2")));
            assertEquals(List.of("2"), texts(rig));
        }
    }

    @Test
    void failsTheNthCallAlone() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(Fault.failCall()).nth(3));
            List<String> errors = IntStream.range(0, 5)
                    .mapToObj(i -> errorOf(() -> rig.put("k", "" + i)))
                    .toList();

            assertEquals(List.of("none", "none", "InternalFailure", "none", "none"), errors);
        }
    }

    @Test
    void refusesCallsWithTheErrorAskedFor() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            String first = rig.iterator(SHARD_0, ShardIteratorType.LATEST);
            String second = rig.iterator(SHARD_1, ShardIteratorType.LATEST);
            rig.emulator
                    .faults()
                    .add(FaultRule.of(new Fault.RefuseCall(AwsError.ACCESS_DENIED))
                            .inStream(STREAM)
                            .inShard(SHARD_1));

            assertEquals("none", errorOf(() -> rig.get(first)));
            assertEquals("AccessDeniedException", errorOf(() -> rig.get(second)));
            assertEquals("AccessDeniedException", errorOf(() -> rig.put("b", "x")));
            assertEquals("none", errorOf(() -> rig.put("a", "x")));
        }
    }

    @Test
    void aLateAnswerStoresAtOnceAndALateCallLater() {
        try (var rig = new KinesisRig(KinesisRig.config(1), Protocol.HTTP1_1, IMPATIENT)) {
            ArmedFault late = rig.emulator.faults().add(FaultRule.of(Fault.lateAnswer(Duration.ofSeconds(1))));
            timesOut(put(rig, "late answer"));
            assertEquals(List.of("late answer"), texts(rig));
            rig.emulator.faults().remove(late.id());

            rig.emulator.faults().add(FaultRule.of(Fault.lateCall(Duration.ofSeconds(1))));
            timesOut(put(rig, "late call"));
            assertEquals(List.of("late answer"), texts(rig));
            until(() -> texts(rig).equals(List.of("late answer", "late call")));
        }
    }

    @Test
    void aRandomDelayStaysInItsBounds() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.emulator.faults().add(FaultRule.of(new Fault.Delay(Duration.ofMillis(5), Duration.ofMillis(20), true)));
            long start = System.nanoTime();
            rig.put("k", "x");

            assertTrue(System.nanoTime() - start >= 5_000_000);
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aHangingCallIsCarriedOutWhenTheFaultEnds(Protocol protocol) {
        try (var rig = new KinesisRig(KinesisRig.config(1), protocol, PATIENT)) {
            ArmedFault hang = rig.emulator.faults().add(FaultRule.of(new Fault.Hang()));
            CompletableFuture<PutRecordResponse> call = put(rig, "x");
            until(() -> hang.holding() == 1);
            assertFalse(call.isDone());
            assertEquals(List.of(), texts(rig));
            rig.emulator.faults().clear();

            assertEquals(SHARD_0, call.join().shardId());
            assertEquals(List.of("x"), texts(rig));
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aHangingCallIsForgottenWhenItsClientGivesUp(Protocol protocol) {
        try (var rig = new KinesisRig(KinesisRig.config(1), protocol, IMPATIENT)) {
            ArmedFault hang = rig.emulator.faults().add(FaultRule.of(new Fault.Hang()));
            timesOut(put(rig, "x"));
            until(() -> hang.strikes() == 1 && hang.holding() == 0);
            rig.emulator.faults().clear();

            assertEquals(List.of(), texts(rig));
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void anAnswerHeldBackIsATimeOutAfterAcceptance(Protocol protocol) {
        try (var rig = new KinesisRig(KinesisRig.config(1), protocol, IMPATIENT)) {
            rig.emulator.faults().add(FaultRule.of(new Fault.HoldAnswer()).times(1));
            timesOut(put(rig, "x"));

            assertEquals(List.of("x"), texts(rig));
            put(rig, "y").join();
            assertEquals(List.of("x", "y"), texts(rig));
        }
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aConnectionIsCutBeforeOrAfterTheCallIsCarriedOut(Protocol protocol) {
        try (var rig = new KinesisRig(KinesisRig.config(1), protocol, PATIENT)) {
            rig.emulator.faults().add(FaultRule.of(new Fault.CutBefore()).times(1));
            fails(put(rig, "before"));
            assertEquals(List.of(), texts(rig));
            rig.emulator.faults().add(FaultRule.of(new Fault.CutAfter()).times(1));
            fails(put(rig, "after"));
            assertEquals(List.of("after"), texts(rig));
            put(rig, "then").join();
            assertEquals(List.of("after", "then"), texts(rig));
        }
    }

    @Test
    void allIteratorsExpireAtOnce() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            rig.emulator.faults().expireIterators();

            assertEquals("ExpiredIteratorException", errorOf(() -> rig.get(iterator)));
            assertEquals("none", errorOf(() -> rig.get(rig.iterator(SHARD_0, ShardIteratorType.LATEST))));
        }
    }

    @Test
    void unpluggedItRefusesConnectionsAndKeepsItsRecords() {
        try (var rig = new KinesisRig(KinesisRig.config(1), Protocol.HTTP1_1, PATIENT)) {
            rig.put("k", "before");
            rig.emulator.faults().add(FaultRule.of(new Fault.Hang()).times(1));
            CompletableFuture<PutRecordResponse> hanging = put(rig, "hanging");
            until(() -> rig.emulator.faults().active().getFirst().holding() == 1);
            await(rig.emulator.unplug());
            fails(hanging);
            fails(put(rig, "away"));
            await(rig.emulator.plugIn());
            rig.put("k", "again");

            assertEquals(List.of("before", "again"), texts(rig));
        }
    }

    private static PutRecordsResponse putHundreds(KinesisRig rig) {
        return rig.putAll(
                IntStream.range(0, 500).mapToObj(i -> entry("k" + i, "" + i)).toList());
    }

    private static CompletableFuture<PutRecordResponse> put(KinesisRig rig, String text) {
        return rig.client.putRecord(b -> b.streamName(STREAM).partitionKey("k").data(SdkBytes.fromUtf8String(text)));
    }

    private static List<String> texts(KinesisRig rig) {
        return rig.emulator.records(STREAM).stream().map(StoredRecord::text).toList();
    }

    private static void fails(CompletableFuture<?> call) {
        assertInstanceOf(
                SdkClientException.class,
                assertThrows(CompletionException.class, call::join).getCause());
    }

    private static void timesOut(CompletableFuture<?> call) {
        fails(call);
    }

    private static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 10 s");
            }
            LockSupport.parkNanos(2_000_000);
        }
    }
}
