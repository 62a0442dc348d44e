package dev.millrace.processor.store;

/**
 * A shard of a stream.
 *
 * @param streamCreated when the stream was made, microseconds since 1970: one that was deleted and made again has the same
 *     name and shard ids, and is another
 */
public record ShardKey(String stream, long streamCreated, String shardId) {

    @Override
    public String toString() {
        return shardId;
    }
}
