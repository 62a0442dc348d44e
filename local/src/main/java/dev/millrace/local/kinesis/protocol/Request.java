package dev.millrace.local.kinesis.protocol;

import dev.millrace.core.wire.HashKey;
import java.util.List;
import java.util.Optional;

/**
 * A call whose parameters keep the API's rules for names, lengths and ranges. Whether what it names exists is the
 * store's business.
 */
public sealed interface Request {

    /**
     * A new stream.
     *
     * @param shards at least 1
     */
    record CreateStream(String stream, int shards) implements Request {}

    record DeleteStream(String stream) implements Request {}

    /**
     * A stream and a page of its shards.
     *
     * @param limit 1 to 10,000; an answer has at most 100 shards all the same
     */
    record DescribeStream(String stream, int limit, Optional<String> exclusiveStartShardId) implements Request {}

    record DescribeStreamSummary(String stream) implements Request {}

    /**
     * A page of the streams.
     *
     * @param limit 1 to 10,000; an answer has at most 100 streams all the same
     */
    record ListStreams(int limit, Optional<String> exclusiveStartStreamName, Optional<String> nextToken)
            implements Request {}

    /**
     * The first page of a stream's shards.
     *
     * @param maxResults 1 to 10,000; an answer has at most 1,000 shards all the same
     */
    record ListShards(String stream, Optional<String> exclusiveStartShardId, ShardFilter filter, int maxResults)
            implements Request {}

    /** A later page of ListShards. */
    record ListMoreShards(String nextToken, int maxResults) implements Request {}

    record PutRecord(String stream, PutEntry entry) implements Request {}

    /**
     * Records to store.
     *
     * @param entries 1 to 500, together at most 5 MiB
     */
    record PutRecords(String stream, List<PutEntry> entries) implements Request {}

    record GetShardIterator(String stream, String shardId, StartingPosition position) implements Request {}

    /**
     * Records to read.
     *
     * @param limit 1 to 10,000
     */
    record GetRecords(String iterator, int limit) implements Request {}

    record SplitShard(String stream, String shardId, HashKey newStartingHashKey) implements Request {}

    record MergeShards(String stream, String shardId, String adjacentShardId) implements Request {}

    /**
     * Uniform scaling.
     *
     * @param target at least 1
     */
    record UpdateShardCount(String stream, int target) implements Request {}

    /**
     * IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
     *
     * @param hours 24 to 8,760
     */
    record ChangeRetention(String stream, int hours, boolean increase) implements Request {}

    record RegisterStreamConsumer(String streamArn, String consumer) implements Request {}

    record DeregisterStreamConsumer(ConsumerName consumer) implements Request {}

    record DescribeStreamConsumer(ConsumerName consumer) implements Request {}

    /** All consumers of a stream: 20 at most, so there is one page. */
    record ListStreamConsumers(String streamArn) implements Request {}

    record SubscribeToShard(ConsumerName consumer, String shardId, StartingPosition position) implements Request {}
}
