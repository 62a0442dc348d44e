package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.SHARD_1;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static dev.millrace.local.kinesis.KinesisRig.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import dev.millrace.local.kinesis.store.ShardDescription;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilter;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Split, merge and uniform scaling, and what readers and ListShards see of them. */
class KinesisReshardTest {

    private static final String MIDDLE = "170141183460469231731687303715884105728";
    private static final String SHARD_2 = "shardId-000000000002";

    @Test
    void aReaderOfASplitShardIsLedToItsChildren() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            for (int i = 0; i < 50; i++) {
                rig.put("k", "before");
            }
            String parents = rig.put("k", "before");
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            split(rig, SHARD_0, MIDDLE);
            String childs = rig.put("k", "after");

            GetRecordsResponse end = rig.get(iterator);
            assertEquals(Collections.nCopies(51, "before"), texts(end.records()));
            assertNull(end.nextShardIterator());
            assertEquals(0, end.millisBehindLatest());
            assertEquals(
                    List.of(SHARD_1, SHARD_2),
                    end.childShards().stream().map(ChildShard::shardId).toList());
            assertTrue(end.childShards().stream()
                    .allMatch(child -> child.parentShards().equals(List.of(SHARD_0))));
            assertEquals(MIDDLE, end.childShards().getLast().hashKeyRange().startingHashKey());

            List<Shard> shards =
                    rig.client.listShards(b -> b.streamName(STREAM)).join().shards();
            String ending = shards.getFirst().sequenceNumberRange().endingSequenceNumber();
            assertNotNull(ending);
            assertTrue(new BigInteger(parents).compareTo(new BigInteger(ending)) < 0);
            assertTrue(new BigInteger(ending).compareTo(new BigInteger(childs)) < 0);
            assertEquals(SHARD_0, shards.getLast().parentShardId());
            assertEquals(51, rig.emulator.records(STREAM, SHARD_0).size());
        }
    }

    @Test
    void everyKindOfIteratorOfAClosedShardEndsAtItsChildren() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String last = rig.put("k", "before");
            split(rig, SHARD_0, MIDDLE);
            String ending = rig.emulator
                    .shards(STREAM)
                    .getFirst()
                    .endingSequenceNumber()
                    .orElseThrow();

            GetRecordsResponse latest = rig.get(rig.iterator(SHARD_0, ShardIteratorType.LATEST));
            GetRecordsResponse afterLast = rig.get(after(rig, last));
            GetRecordsResponse afterEnding = rig.get(after(rig, ending));
            for (GetRecordsResponse end : List.of(latest, afterLast, afterEnding)) {
                assertEquals(List.of(), end.records());
                assertNull(end.nextShardIterator());
                assertEquals(2, end.childShards().size());
            }
        }
    }

    @Test
    void aMergeHasBothParents() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            rig.client
                    .mergeShards(b -> b.streamName(STREAM).shardToMerge(SHARD_1).adjacentShardToMerge(SHARD_0))
                    .join();
            Shard merged = rig.client
                    .listShards(b -> b.streamName(STREAM))
                    .join()
                    .shards()
                    .getLast();

            assertEquals(SHARD_1, merged.parentShardId());
            assertEquals(SHARD_0, merged.adjacentParentShardId());
            assertEquals("0", merged.hashKeyRange().startingHashKey());
            assertEquals(HashKey.MAX.toString(), merged.hashKeyRange().endingHashKey());
            ChildShard child = rig.get(rig.iterator(SHARD_0, ShardIteratorType.LATEST))
                    .childShards()
                    .getFirst();
            assertEquals(List.of(SHARD_1, SHARD_0), child.parentShards());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,2", "2,3", "3,2", "4,2", "5,7", "7,5", "10,20", "4,4"})
    void uniformScalingLeavesEvenShards(int before, int after) {
        try (var rig = new KinesisRig(KinesisRig.config(before))) {
            var answer = rig.client
                    .updateShardCount(
                            b -> b.streamName(STREAM).targetShardCount(after).scalingType(ScalingType.UNIFORM_SCALING))
                    .join();
            assertEquals(before, answer.currentShardCount());
            assertEquals(after, answer.targetShardCount());

            List<ShardDescription> open = rig.emulator.shards(STREAM).stream()
                    .filter(ShardDescription::isOpen)
                    .sorted(Comparator.comparing(s -> s.range().start()))
                    .toList();
            assertEquals(after, open.size());
            BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(after));
            for (int i = 0; i < after; i++) {
                assertEquals(
                        width.multiply(BigInteger.valueOf(i)),
                        open.get(i).range().start().toBigInteger());
            }
            assertEquals(HashKey.MAX, open.getLast().range().end());
        }
    }

    @Test
    void refusesReshardsThatAwsRefuses() {
        try (var rig = new KinesisRig(KinesisRig.config(4))) {
            String shard3 = "shardId-000000000003";
            assertEquals("InvalidArgumentException", errorOf(() -> split(rig, SHARD_0, "0")));
            assertEquals("InvalidArgumentException", errorOf(() -> split(rig, SHARD_0, HashKey.MAX.toString())));
            assertEquals("ValidationException", errorOf(() -> split(rig, SHARD_0, "-1")));
            assertEquals("ResourceNotFoundException", errorOf(() -> split(rig, "shardId-000000000009", MIDDLE)));
            assertEquals("InvalidArgumentException", errorOf(() -> rig.client
                    .mergeShards(b -> b.streamName(STREAM).shardToMerge(SHARD_0).adjacentShardToMerge(shard3))
                    .join()));
            assertEquals("InvalidArgumentException", errorOf(() -> scale(rig, 9)));
            assertEquals("InvalidArgumentException", errorOf(() -> scale(rig, 1)));
            scale(rig, 8);
            assertEquals("ResourceInUseException", errorOf(() -> split(rig, SHARD_0, "5")));
        }
    }

    @Test
    void shardFiltersListWhatTheyName() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            Instant start = rig.clock.instant();
            rig.clock.advance(Duration.ofHours(1));
            split(rig, SHARD_0, MIDDLE);
            rig.clock.advance(Duration.ofHours(1));

            assertEquals(
                    3,
                    list(rig, ShardFilterType.FROM_TRIM_HORIZON, Optional.empty())
                            .size());
            assertEquals(List.of(SHARD_0), list(rig, ShardFilterType.AT_TRIM_HORIZON, Optional.empty()));
            assertEquals(List.of(SHARD_1, SHARD_2), list(rig, ShardFilterType.AT_LATEST, Optional.empty()));
            assertEquals(List.of(SHARD_0), list(rig, ShardFilterType.AT_TIMESTAMP, Optional.of(start)));
            assertEquals(
                    List.of(SHARD_1, SHARD_2),
                    list(rig, ShardFilterType.AT_TIMESTAMP, Optional.of(rig.clock.instant())));
            assertEquals(
                    List.of(SHARD_0, SHARD_1, SHARD_2), list(rig, ShardFilterType.FROM_TIMESTAMP, Optional.of(start)));
            assertEquals(
                    List.of(SHARD_1, SHARD_2),
                    list(rig, ShardFilterType.FROM_TIMESTAMP, Optional.of(rig.clock.instant())));
            assertEquals(
                    List.of(SHARD_2),
                    rig
                            .client
                            .listShards(
                                    b -> b.streamName(STREAM).shardFilter(f -> f.type(ShardFilterType.AFTER_SHARD_ID)
                                            .shardId(SHARD_1)))
                            .join()
                            .shards()
                            .stream()
                            .map(Shard::shardId)
                            .toList());
        }
    }

    @Test
    void aFilterHoldsOnLaterPages() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            scale(rig, 4);
            var first = rig.client
                    .listShards(
                            b -> b.streamName(STREAM).maxResults(3).shardFilter(f -> f.type(ShardFilterType.AT_LATEST)))
                    .join();
            var second =
                    rig.client.listShards(b -> b.nextToken(first.nextToken())).join();

            assertEquals(3, first.shards().size());
            assertEquals(1, second.shards().size());
            assertNull(second.nextToken());
        }
    }

    @Test
    void aClosedShardIsListedUntilRetentionHasPassedIt() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.put("k", "before");
            split(rig, SHARD_0, MIDDLE);
            rig.clock.advance(Duration.ofHours(24));
            assertEquals(3, rig.emulator.shards(STREAM).size());
            rig.clock.advance(Duration.ofMillis(1));

            assertEquals(List.of(SHARD_1, SHARD_2), list(rig, ShardFilterType.AT_TRIM_HORIZON, Optional.empty()));
            assertEquals(
                    "ResourceNotFoundException", errorOf(() -> rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON)));
        }
    }

    private static List<String> list(KinesisRig rig, ShardFilterType type, Optional<Instant> timestamp) {
        var filter = ShardFilter.builder().type(type);
        timestamp.ifPresent(filter::timestamp);
        return rig.client.listShards(b -> b.streamName(STREAM).shardFilter(filter.build())).join().shards().stream()
                .map(Shard::shardId)
                .toList();
    }

    private static String after(KinesisRig rig, String sequenceNumber) {
        return rig.iterator(b -> b.streamName(STREAM)
                .shardId(SHARD_0)
                .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                .startingSequenceNumber(sequenceNumber));
    }

    private static void split(KinesisRig rig, String shard, String newStart) {
        rig.client
                .splitShard(b -> b.streamName(STREAM).shardToSplit(shard).newStartingHashKey(newStart))
                .join();
    }

    private static void scale(KinesisRig rig, int target) {
        rig.client
                .updateShardCount(
                        b -> b.streamName(STREAM).targetShardCount(target).scalingType(ScalingType.UNIFORM_SCALING))
                .join();
    }
}
