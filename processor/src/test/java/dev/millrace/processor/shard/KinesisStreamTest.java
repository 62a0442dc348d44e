package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import dev.millrace.processor.store.Loaded;
import io.vertx.core.Vertx;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

class KinesisStreamTest {

    private static final dev.millrace.core.wire.HashKeyRange ALL =
            new dev.millrace.core.wire.HashKeyRange(HashKey.of(BigInteger.ZERO), HashKey.MAX);

    private final Vertx vertx = Vertx.vertx();
    private final FakeKinesis kinesis = new FakeKinesis();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void oneCallChecksTheStreamForAllThatAskedBeforeItBegan() {
        CompletableFuture<DescribeStreamSummaryResponse> held = new CompletableFuture<>();
        kinesis.summary(held);
        KinesisStreamCheck check = new KinesisStreamCheck(kinesis, "stream", Duration.ofMillis(50), System::nanoTime);

        CompletableFuture<Long> first = check.created();
        DescribeStreamSummaryResponse old = kinesis.summary();
        kinesis.makeAgain(FakeKinesis.CREATED.plusSeconds(1));
        List<CompletableFuture<Long>> later =
                IntStream.range(0, 100).mapToObj(_ -> check.created()).toList();
        held.complete(old);

        assertEquals(KinesisCalls.micros(FakeKinesis.CREATED), first.join());
        for (CompletableFuture<Long> one : later) {
            assertEquals(KinesisCalls.micros(FakeKinesis.CREATED.plusSeconds(1)), one.join());
        }
        assertTrue(kinesis.summariesAsked() <= 3, () -> kinesis.summariesAsked() + " calls");
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
                new Loaded.Found<>(new StreamCatalog.Listing(
                        KinesisCalls.micros(FakeKinesis.CREATED),
                        Duration.ofHours(24),
                        List.of(new ShardInfo("a", List.of(), ALL), new ShardInfo("b", List.of("a", "x"), ALL)))),
                new KinesisStreamCatalog(kinesis, vertx, "stream").list());
        // a token stands for the stream: Kinesis refuses both together
        assertEquals("more", kinesis.listings.getLast().nextToken());
        assertNull(kinesis.listings.getLast().streamName());
    }
}
