package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.processor.store.Loaded;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class KinesisReadingTest {

    private final Vertx vertx = Vertx.vertx();
    private final FakeKinesis kinesis = new FakeKinesis();
    private final KinesisShardReader reader = new KinesisShardReader(kinesis, vertx, "stream", "shardId-0");

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private static GetRecordsResponse.Builder answer(String... sequenceNumbers) {
        return GetRecordsResponse.builder()
                .records(List.of(sequenceNumbers).stream()
                        .map(number -> Record.builder()
                                .sequenceNumber(number)
                                .partitionKey("key")
                                .approximateArrivalTimestamp(Instant.ofEpochMilli(1_764_849_600_123L))
                                .data(SdkBytes.fromUtf8String("data"))
                                .build())
                        .toList())
                .nextShardIterator("next")
                .millisBehindLatest(7L);
    }

    private static ShardRead.Records records(ShardRead read) {
        return assertInstanceOf(ShardRead.Records.class, read);
    }

    @Test
    void beginsAtTheOldestRecordAndGoesOnWithTheIteratorOfTheAnswer() {
        kinesis.answer(answer("1", "2").build()).answer(answer().build());
        reader.seek("");

        ShardRead.Records first = records(reader.read());
        records(reader.read());

        assertEquals(2, first.records().size());
        assertEquals(1_764_849_600_123_000L, first.records().getFirst().arrivedAt());
        assertEquals(7, first.millisBehind());
        assertEquals(
                ShardIteratorType.TRIM_HORIZON, kinesis.iterators.getFirst().shardIteratorType());
        assertNull(kinesis.iterators.getFirst().startingSequenceNumber());
        assertEquals(List.of("iterator-1", "next"), kinesis.iteratorsUsed);
    }

    @Test
    void goesOnBehindASequenceNumber() {
        kinesis.answer(answer().build());
        reader.seek("41");

        records(reader.read());

        assertEquals(
                ShardIteratorType.AFTER_SEQUENCE_NUMBER,
                kinesis.iterators.getFirst().shardIteratorType());
        assertEquals("41", kinesis.iterators.getFirst().startingSequenceNumber());
    }

    @Test
    void anIteratorThatHasExpiredIsReplacedByOneBehindTheLastRecordRead() {
        kinesis.answer(answer("1", "2").build())
                .fail(ExpiredIteratorException.builder().message("expired").build())
                .answer(answer("3").build());
        reader.seek("");
        records(reader.read());

        assertEquals(
                List.of("3"),
                records(reader.read()).records().stream()
                        .map(ShardRecord::sequenceNumber)
                        .toList());
        assertEquals("2", kinesis.iterators.getLast().startingSequenceNumber());
        assertEquals(List.of("iterator-1", "next", "iterator-2"), kinesis.iteratorsUsed);
    }

    @Test
    void aFailureLeavesItWhereItStood() {
        kinesis.answer(answer("1").build())
                .fail(new CompletionException(ProvisionedThroughputExceededException.builder()
                        .awsErrorDetails(AwsErrorDetails.builder()
                                .errorCode("ProvisionedThroughputExceededException")
                                .errorMessage("Rate exceeded for shard")
                                .build())
                        .build()))
                .answer(answer("2").build());
        reader.seek("");
        records(reader.read());

        assertEquals(
                new ShardRead.Throttled("ProvisionedThroughputExceededException: Rate exceeded for shard"),
                reader.read());
        records(reader.read());

        assertEquals(List.of("iterator-1", "next", "next"), kinesis.iteratorsUsed);
    }

    @Test
    void anAnswerWithoutANextIteratorIsTheShardsEnd() {
        kinesis.answer(
                answer("1").nextShardIterator(null).millisBehindLatest(0L).build());
        reader.seek("");

        assertEquals(true, records(reader.read()).atEnd());
    }

    @Test
    void listsAllPagesOfShards() {
        HashKeyRange range = HashKeyRange.builder()
                .startingHashKey("0")
                .endingHashKey("340282366920938463463374607431768211455")
                .build();
        Shard.Builder shard = Shard.builder().hashKeyRange(range);
        kinesis.page(ListShardsResponse.builder()
                        .shards(shard.shardId("a").build())
                        .nextToken("more")
                        .build())
                .page(ListShardsResponse.builder()
                        .shards(shard.shardId("b")
                                .parentShardId("a")
                                .adjacentParentShardId("x")
                                .build())
                        .build());

        assertEquals(
                new Loaded.Found<>(List.of(
                        new ShardInfo("a", List.of(), LoopRig.ALL),
                        new ShardInfo("b", List.of("a", "x"), LoopRig.ALL))),
                new KinesisStreamCatalog(kinesis, vertx, "stream").shards());
        // a token stands for the stream: Kinesis refuses both together
        assertEquals("more", kinesis.listings.getLast().nextToken());
        assertNull(kinesis.listings.getLast().streamName());
    }
}
