package dev.millrace.core.wire;

import java.util.List;

/**
 * The data of a Kinesis record: plain, or many user records in the aggregated format of the Kinesis Producer Library
 * ({@link AggregatedFormat}).
 */
public sealed interface StreamRecord {

    /** A record that is one user record, whatever its bytes are. */
    record Plain(UserRecord record) implements StreamRecord {}

    /** A record that holds many user records. */
    record Aggregate(List<UserRecord> records) implements StreamRecord {

        public Aggregate {
            records = List.copyOf(records);
        }

        /**
         * Whether every user record belongs to a shard with this range. One that does not makes the whole aggregate count for
         * nothing: it was built before a reshard and its producer sends all of it again.
         */
        public boolean belongsTo(HashKeyRange range) {
            for (UserRecord record : records) {
                if (!range.contains(record.hashKey())) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Takes the data of a Kinesis record apart. Data that only look aggregated (a wrong digest, a broken message) are one
     * plain record, as the Kinesis Client Library has it.
     */
    static StreamRecord decode(String partitionKey, byte[] data) {
        List<UserRecord> records = AggregatedFormat.decode(data);
        return records.isEmpty()
                ? new Plain(new UserRecord(partitionKey, HashKey.ofPartitionKey(partitionKey), 0, data, 0, data.length))
                : new Aggregate(records);
    }
}
