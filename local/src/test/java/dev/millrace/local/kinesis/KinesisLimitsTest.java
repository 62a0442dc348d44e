package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.SHARD_1;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.entry;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.store.Limits;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Rates, sizes, retention and the bound on memory, through the AWS SDK. */
class KinesisLimitsTest {

    private static final String THROTTLED = "ProvisionedThroughputExceededException";

    @Test
    void aShardTakesAThousandRecordsASecondAndRefusesTheRestOneByOne() {
        try (var rig = new KinesisRig(KinesisRig.config(2).withLimits(Limits.aws()))) {
            // "a" belongs to the first shard, "b" to the second
            assertEquals(
                    0, rig.putAll(Collections.nCopies(500, entry("a", "x"))).failedRecordCount());
            assertEquals(
                    0, rig.putAll(Collections.nCopies(499, entry("a", "x"))).failedRecordCount());
            PutRecordsResponse answer =
                    rig.putAll(List.of(entry("a", "x"), entry("a", "over"), entry("b", "other shard")));

            assertEquals(1, answer.failedRecordCount());
            assertNotNull(answer.records().get(0).sequenceNumber());
            assertEquals(THROTTLED, answer.records().get(1).errorCode());
            assertTrue(answer.records().get(1).errorMessage().contains(SHARD_0));
            assertEquals(SHARD_1, answer.records().get(2).shardId());
            assertEquals(THROTTLED, errorOf(() -> rig.put("a", "over")));
            assertEquals(2, rig.emulator.counts().throttled());
            rig.clock.advance(Duration.ofMillis(1));
            rig.put("a", "a thousandth of a second later");
            assertEquals(THROTTLED, errorOf(() -> rig.put("a", "over")));
        }
    }

    @Test
    void aShardTakesAMebibyteASecond() {
        try (var rig = new KinesisRig(KinesisRig.config(1).withLimits(Limits.aws()))) {
            String half = "x".repeat(512 * 1024 - 1);
            rig.put("k", half);
            rig.put("k", half);
            assertEquals(THROTTLED, errorOf(() -> rig.put("k", "x")));
            rig.clock.advance(Duration.ofMillis(500));
            rig.put("k", half);
            assertEquals(THROTTLED, errorOf(() -> rig.put("k", half)));
        }
    }

    @Test
    void aShardAnswersFiveReadsASecond() {
        try (var rig = new KinesisRig(KinesisRig.config(1).withLimits(Limits.aws()))) {
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            for (int i = 0; i < 5; i++) {
                rig.get(iterator);
            }
            assertEquals(THROTTLED, errorOf(() -> rig.get(iterator)));
            rig.clock.advance(Duration.ofMillis(200));
            rig.get(iterator);
            assertEquals(THROTTLED, errorOf(() -> rig.get(iterator)));
            assertEquals(2, rig.emulator.counts().readsThrottled());
        }
    }

    @Test
    void aLargeAnswerIsPaidForWithTime() {
        var limits = Limits.none().withReadBytesPerSecond(2 * 1024 * 1024);
        try (var rig = new KinesisRig(KinesisRig.config(1).withLimits(limits))) {
            for (int i = 0; i < 10; i++) {
                rig.put("k", "x".repeat(1024 * 1024 - 1));
            }
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            assertEquals(10, rig.get(iterator).records().size());
            rig.clock.advance(Duration.ofSeconds(4));
            assertEquals(THROTTLED, errorOf(() -> rig.get(iterator)));
            rig.clock.advance(Duration.ofSeconds(1));
            assertEquals(10, rig.get(iterator).records().size());
        }
    }

    @Test
    void sizesAreAsTheApiSays() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            int mebibyte = 1024 * 1024;
            assertEquals("none", errorOf(() -> rig.put("k", "x".repeat(mebibyte - 1))));
            assertEquals("ValidationException", errorOf(() -> rig.put("k", "x".repeat(mebibyte))));
            assertEquals("none", errorOf(() -> rig.put("k".repeat(256), "x")));
            assertEquals("ValidationException", errorOf(() -> rig.put("k".repeat(257), "x")));
            assertEquals("ValidationException", errorOf(() -> rig.put("", "x")));
            assertEquals("none", errorOf(() -> rig.put("k", "")));
            assertEquals("ValidationException", errorOf(() -> rig.putAll(List.of())));
            List<PutRecordsRequestEntry> tooMany =
                    IntStream.range(0, 501).mapToObj(i -> entry("k", "x")).toList();
            assertEquals("ValidationException", errorOf(() -> rig.putAll(tooMany)));
            var oneMebibyte = entry("k", "x".repeat(mebibyte - 1));
            assertEquals("none", errorOf(() -> rig.putAll(Collections.nCopies(5, oneMebibyte))));
            List<PutRecordsRequestEntry> tooLarge = IntStream.range(0, 6)
                    .mapToObj(i -> i < 5 ? oneMebibyte : entry("k", ""))
                    .toList();
            assertEquals("InvalidArgumentException", errorOf(() -> rig.putAll(tooLarge)));
            assertEquals("ValidationException", errorOf(() -> rig.client
                    .putRecord(b -> b.streamName(STREAM)
                            .partitionKey("k")
                            .explicitHashKey("-1")
                            .data(SdkBytes.fromUtf8String("x")))
                    .join()));
            assertEquals("InvalidArgumentException", errorOf(() -> rig.client
                    .putRecord(b -> b.streamName(STREAM)
                            .partitionKey("k")
                            .explicitHashKey("340282366920938463463374607431768211456")
                            .data(SdkBytes.fromUtf8String("x")))
                    .join()));
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            for (int limit : new int[] {0, 10_001}) {
                assertEquals("ValidationException", errorOf(() -> rig.client
                        .getRecords(b -> b.shardIterator(iterator).limit(limit))
                        .join()));
            }
        }
    }

    @Test
    void iteratorsAreRefusedAsAwsRefusesThem() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            String inFirst = rig.put("a", "x");
            assertEquals("ValidationException", startingAt(rig, SHARD_0, "x1"));
            assertEquals("InvalidArgumentException", startingAt(rig, SHARD_0, "17"));
            assertEquals("InvalidArgumentException", startingAt(rig, SHARD_1, inFirst));
            assertEquals("none", startingAt(rig, SHARD_0, inFirst));
            assertEquals("ResourceNotFoundException", startingAt(rig, "shardId-000000000007", inFirst));
            assertEquals("InvalidArgumentException", errorOf(() -> rig.get("made up")));
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.LATEST);
            char other = iterator.charAt(20) == 'A' ? 'B' : 'A';
            String changed = iterator.substring(0, 20) + other + iterator.substring(21);
            assertEquals("InvalidArgumentException", errorOf(() -> rig.get(changed)));
            assertEquals(
                    "InvalidArgumentException",
                    errorOf(() -> rig.iterator(b -> b.streamName(STREAM)
                            .shardId(SHARD_0)
                            .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                            .timestamp(rig.clock.instant().plusSeconds(1)))));
            assertEquals(
                    "ValidationException",
                    errorOf(() -> rig.iterator(
                            b -> b.streamName(STREAM).shardId(SHARD_0).shardIteratorType("SOMEWHERE"))));
        }
    }

    @Test
    void recordsGoWhenTheirRetentionEnds() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String old = rig.put("k", "old");
            String atOld = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            rig.clock.advance(Duration.ofHours(24));
            rig.put("k", "new");
            assertEquals(List.of("old", "new"), rig.readAll(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON)));
            rig.clock.advance(Duration.ofMillis(1));

            assertEquals(List.of("new"), rig.readAll(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON)));
            assertEquals(List.of("new"), rig.readAll(rig.iterator(b -> b.streamName(STREAM)
                    .shardId(SHARD_0)
                    .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .startingSequenceNumber(old))));
            assertEquals("ExpiredIteratorException", errorOf(() -> rig.get(atOld)));
            assertEquals(1, rig.emulator.counts().trimmedByRetention());
            assertEquals(0, rig.emulator.counts().trimmedForMemory());
        }
    }

    @Test
    void overTheBoundOfMemoryTheOldestOfAllShardsGoAndAreCounted() {
        var config = KinesisRig.config(2).withMaxStoredBytes(1024 * 1024);
        try (var rig = new KinesisRig(config)) {
            String kibibytes = "x".repeat(100 * 1024);
            for (int i = 0; i < 30; i++) {
                rig.put(i % 3 == 0 ? "a" : "b", i + kibibytes);
            }
            List<Integer> kept = rig.emulator.records(STREAM).stream()
                    .map(r -> Integer.parseInt(r.text().replace("x", "")))
                    .toList();

            assertEquals(IntStream.range(20, 30).boxed().toList(), kept);
            assertEquals(20, rig.emulator.counts().trimmedForMemory());
            assertEquals(30, rig.emulator.counts().accepted());
            assertEquals(10, rig.emulator.counts().storedRecords());
            assertTrue(rig.emulator.counts().storedBytes() <= 1024 * 1024);
            assertTrue(rig.readAll(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON))
                    .getFirst()
                    .startsWith("21x"));

            // one that needs the room of several, whatever their shards
            rig.put("a", "x".repeat(500 * 1024));
            assertEquals(
                    List.of("25", "26", "27", "28", "29", ""),
                    rig.emulator.records(STREAM).stream()
                            .map(r -> r.text().replace("x", ""))
                            .toList());
        }
    }

    private static String startingAt(KinesisRig rig, String shard, String sequenceNumber) {
        return errorOf(() -> rig.iterator(b -> b.streamName(STREAM)
                .shardId(shard)
                .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                .startingSequenceNumber(sequenceNumber)));
    }
}
