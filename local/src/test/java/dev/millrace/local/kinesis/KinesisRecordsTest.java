package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.SHARD_1;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.entry;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static dev.millrace.local.kinesis.KinesisRig.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.store.StoredRecord;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.EncryptionType;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Records through the AWS SDK, which speaks CBOR: put, iterate, get. */
class KinesisRecordsTest {

    /** How far apart consecutive sequence numbers would be: the digits behind the position. */
    private static final BigInteger NEXT_POSITION = BigInteger.TEN.pow(18);

    @Test
    void givesBackWhatWasPut() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            byte[] everyByte = new byte[256];
            for (int i = 0; i < everyByte.length; i++) {
                everyByte[i] = (byte) i;
            }
            String sequenceNumber = rig.client
                    .putRecord(b -> b.streamName(STREAM).partitionKey("kä😀").data(SdkBytes.fromByteArray(everyByte)))
                    .join()
                    .sequenceNumber();
            GetRecordsResponse answer = rig.get(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON));

            assertEquals(1, answer.records().size());
            Record got = answer.records().getFirst();
            assertEquals("kä😀", got.partitionKey());
            assertTrue(Arrays.equals(everyByte, got.data().asByteArray()));
            assertEquals(sequenceNumber, got.sequenceNumber());
            assertEquals(rig.clock.instant(), got.approximateArrivalTimestamp());
            assertEquals(EncryptionType.NONE, got.encryptionType());
            assertEquals(0, answer.millisBehindLatest());
            assertNotNull(answer.nextShardIterator());
        }
    }

    @Test
    void sequenceNumbersRiseStrictlyWithinAShardAndAreNotConsecutive() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            List<PutRecordsRequestEntry> entries = IntStream.range(0, 500)
                    .mapToObj(i -> entry("key-" + i, "value-" + i))
                    .toList();
            PutRecordsResponse answer = rig.putAll(entries);

            assertEquals(0, answer.failedRecordCount());
            for (String shard : List.of(SHARD_0, SHARD_1)) {
                List<BigInteger> numbers = answer.records().stream()
                        .filter(r -> r.shardId().equals(shard))
                        .map(r -> new BigInteger(r.sequenceNumber()))
                        .toList();
                assertTrue(numbers.size() > 100, "both shards get a share");
                boolean gap = false;
                for (int i = 1; i < numbers.size(); i++) {
                    assertTrue(numbers.get(i).compareTo(numbers.get(i - 1)) > 0);
                    gap |= numbers.get(i).subtract(numbers.get(i - 1)).compareTo(NEXT_POSITION) > 0;
                }
                assertTrue(gap, "a gap");
                assertEquals(
                        numbers,
                        rig.emulator.records(STREAM, shard).stream()
                                .map(r -> new BigInteger(r.sequenceNumber()))
                                .toList());
            }
            assertEquals(500, rig.emulator.records(STREAM).size());
        }
    }

    @Test
    void partitionKeyAndExplicitHashKeyDecideTheShard() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            // MD5("a") = 0cc1…, MD5("b") = 92eb…: below and above the middle
            var answer = rig.putAll(List.of(
                    entry("a", "1"),
                    entry("b", "2"),
                    entry("a", "3").toBuilder()
                            .explicitHashKey("340282366920938463463374607431768211455")
                            .build(),
                    entry("b", "4").toBuilder().explicitHashKey("0").build()));

            assertEquals(
                    List.of(SHARD_0, SHARD_1, SHARD_1, SHARD_0),
                    answer.records().stream().map(r -> r.shardId()).toList());
        }
    }

    @Test
    void everyIteratorTypeStartsWhereItSays() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.put("k", "one");
            rig.clock.advance(Duration.ofSeconds(1));
            String two = rig.put("k", "two");
            var atTwo = rig.clock.instant();
            rig.clock.advance(Duration.ofSeconds(1));
            rig.put("k", "three");
            String latest = rig.iterator(SHARD_0, ShardIteratorType.LATEST);

            assertEquals(
                    List.of("one", "two", "three"), rig.readAll(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON)));
            assertEquals(List.of("two", "three"), rig.readAll(from(rig, ShardIteratorType.AT_SEQUENCE_NUMBER, two)));
            assertEquals(List.of("three"), rig.readAll(from(rig, ShardIteratorType.AFTER_SEQUENCE_NUMBER, two)));
            assertEquals(List.of("two", "three"), rig.readAll(rig.iterator(b -> b.streamName(STREAM)
                    .shardId(SHARD_0)
                    .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                    .timestamp(atTwo))));
            assertEquals(List.of("three"), rig.readAll(rig.iterator(b -> b.streamName(STREAM)
                    .shardId(SHARD_0)
                    .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                    .timestamp(atTwo.plusMillis(1)))));
            assertEquals(List.of(), rig.readAll(latest));
            rig.put("k", "four");
            assertEquals(List.of("four"), rig.readAll(latest));
        }
    }

    @Test
    void tellsHowFarBehindAReaderIs() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.put("k", "one");
            rig.put("k", "two");
            rig.clock.advance(Duration.ofSeconds(30));
            String start = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            GetRecordsResponse first =
                    rig.client.getRecords(b -> b.shardIterator(start).limit(1)).join();
            GetRecordsResponse second = rig.client
                    .getRecords(b -> b.shardIterator(first.nextShardIterator()).limit(1))
                    .join();

            assertEquals(List.of("one"), texts(first.records()));
            assertEquals(30_000, first.millisBehindLatest());
            assertEquals(List.of("two"), texts(second.records()));
            assertEquals(0, second.millisBehindLatest());
        }
    }

    @Test
    void neverSaysZeroBehindWhileThereIsMore() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.put("k", "one");
            rig.put("k", "two");
            String start = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);

            assertTrue(rig.client
                            .getRecords(b -> b.shardIterator(start).limit(1))
                            .join()
                            .millisBehindLatest()
                    > 0);
        }
    }

    @Test
    void anAnswerHasAtMostTenMebibytes() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String large = "x".repeat(1024 * 1024 - 1);
            for (int i = 0; i < 12; i++) {
                rig.put("k", large);
            }
            GetRecordsResponse first = rig.get(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON));
            GetRecordsResponse second = rig.get(first.nextShardIterator());

            assertEquals(10, first.records().size());
            assertTrue(first.millisBehindLatest() > 0);
            assertEquals(2, second.records().size());
        }
    }

    @Test
    void iteratorsExpire() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            rig.clock.advance(Duration.ofMinutes(5));
            String next = rig.get(iterator).nextShardIterator();
            rig.clock.advance(Duration.ofMillis(1));

            assertEquals("ExpiredIteratorException", errorOf(() -> rig.get(iterator)));
            assertEquals("none", errorOf(() -> rig.get(next)));
        }
    }

    @Test
    void aShuffledCallKeepsEveryRecordAndAnswersInTheOrderAsked() {
        try (var rig = new KinesisRig(KinesisRig.config(1).withShuffle(true))) {
            List<PutRecordsRequestEntry> entries =
                    IntStream.range(0, 100).mapToObj(i -> entry("k", "" + i)).toList();
            var answer = rig.putAll(entries);
            List<StoredRecord> stored = rig.emulator.records(STREAM, SHARD_0);
            List<String> inOrder =
                    IntStream.range(0, 100).mapToObj(Integer::toString).toList();
            List<String> storedTexts = stored.stream().map(StoredRecord::text).toList();
            var sorted = new ArrayList<>(stored);
            sorted.sort((a, b) -> Integer.compare(Integer.parseInt(a.text()), Integer.parseInt(b.text())));

            assertFalse(storedTexts.equals(inOrder));
            assertEquals(inOrder, sorted.stream().map(StoredRecord::text).toList());
            assertEquals(
                    sorted.stream().map(StoredRecord::sequenceNumber).toList(),
                    answer.records().stream().map(r -> r.sequenceNumber()).toList());
        }
    }

    private static String from(KinesisRig rig, ShardIteratorType type, String sequenceNumber) {
        return rig.iterator(b ->
                b.streamName(STREAM).shardId(SHARD_0).shardIteratorType(type).startingSequenceNumber(sequenceNumber));
    }
}
