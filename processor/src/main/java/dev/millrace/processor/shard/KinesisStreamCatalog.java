package dev.millrace.processor.shard;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.store.Loaded;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** A stream as DescribeStreamSummary and ListShards tell it. */
public final class KinesisStreamCatalog implements StreamCatalog {

    private final KinesisAsyncClient client;
    private final KinesisCalls calls;
    private final String stream;

    public KinesisStreamCatalog(KinesisAsyncClient client, Vertx vertx, String stream) {
        this.client = client;
        this.calls = new KinesisCalls(vertx);
        this.stream = stream;
    }

    @Override
    public Loaded<Listing> list() {
        try {
            var summary = calls.await(client.describeStreamSummary(DescribeStreamSummaryRequest.builder()
                            .streamName(stream)
                            .build()))
                    .streamDescriptionSummary();
            return new Loaded.Found<>(new Listing(
                    KinesisCalls.micros(summary.streamCreationTimestamp()),
                    Duration.ofHours(summary.retentionPeriodHours()),
                    shards()));
        } catch (KinesisCalls.Failure e) {
            return new Loaded.Unavailable<>(e.reason());
        }
    }

    private List<ShardInfo> shards() throws KinesisCalls.Failure {
        List<ShardInfo> shards = new ArrayList<>();
        ListShardsRequest request =
                ListShardsRequest.builder().streamName(stream).build();
        while (true) {
            ListShardsResponse page = calls.await(client.listShards(request));
            page.shards().forEach(shard -> shards.add(info(shard)));
            if (page.nextToken() == null) {
                return shards;
            }
            request = ListShardsRequest.builder().nextToken(page.nextToken()).build();
        }
    }

    private static ShardInfo info(Shard shard) {
        return new ShardInfo(
                shard.shardId(),
                Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
                        .filter(Objects::nonNull)
                        .toList(),
                new HashKeyRange(
                        HashKey.parse(shard.hashKeyRange().startingHashKey()),
                        HashKey.parse(shard.hashKeyRange().endingHashKey())));
    }
}
