package dev.millrace.gateway.publish;

import io.vertx.core.Future;
import java.util.List;

/** The stream as a producer sees it. */
public interface ShardedStream {

    /** The most records of one {@link #putRecords} call (Kinesis API, PutRecords). */
    int MAX_RECORDS = 500;

    /** The most bytes of one {@link #putRecords} call, data and partition keys. */
    int MAX_CALL_BYTES = 5 * 1024 * 1024;

    /**
     * One record to put.
     *
     * @param data not changed until the call has ended
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(String partitionKey, byte[] data) {}

    /** What became of an entry. */
    sealed interface PutResult {

        /** The stream holds it, in this shard. */
        record Accepted(String shardId) implements PutResult {}

        /** The stream refused it for its rate; it does not hold it. */
        record Throttled() implements PutResult {}

        /** It failed or got no answer: the stream may hold it or not. */
        record Unknown(String reason) implements PutResult {}
    }

    /** The open shards; fails while the stream cannot be reached or does not exist. */
    Future<ShardMap> shardMap();

    /**
     * Puts records; nothing is known of their order among each other. The future never fails and holds a result for each
     * entry, in their order.
     */
    Future<List<PutResult>> putRecords(List<Entry> entries);
}
