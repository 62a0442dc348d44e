package dev.millrace.local.kinesis.store;

import java.util.List;
import java.util.Optional;

/**
 * The answer to GetRecords.
 *
 * @param nextIterator none at the end of a closed shard
 * @param millisBehindLatest 0 only where there is nothing more to read at the moment
 * @param childShards only at the end of a closed shard
 */
public record ReadResult(
        List<StoredRecord> records,
        Optional<String> nextIterator,
        long millisBehindLatest,
        List<ChildShard> childShards) {

    /** A shard that goes on where the one that was read ends. */
    public record ChildShard(ShardDescription shard, List<String> parents) {}
}
