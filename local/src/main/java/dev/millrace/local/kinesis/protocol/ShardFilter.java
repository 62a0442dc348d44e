package dev.millrace.local.kinesis.protocol;

import java.time.Instant;

/** Which shards ListShards lists (Kinesis API reference, "ShardFilter"). */
public sealed interface ShardFilter {

    /** No filter, and also {@code FROM_TRIM_HORIZON}: every shard that retention has not removed. */
    record All() implements ShardFilter {}

    record AfterShardId(String shardId) implements ShardFilter {}

    /** The shards that a reader of everything stored starts with: those without a parent that is still listed. */
    record AtTrimHorizon() implements ShardFilter {}

    /** The open shards. */
    record AtLatest() implements ShardFilter {}

    /** The shards that were open then. */
    record AtTimestamp(Instant timestamp) implements ShardFilter {}

    /** The shards that were open then, and all later ones. */
    record FromTimestamp(Instant timestamp) implements ShardFilter {}
}
