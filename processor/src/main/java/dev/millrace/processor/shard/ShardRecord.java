package dev.millrace.processor.shard;

/**
 * A Kinesis record as it is read from a shard.
 *
 * @param arrivedAt its approximate arrival in the stream, microseconds since 1970
 * @param data not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and not copied for the reason of UserRecord
public record ShardRecord(String sequenceNumber, String partitionKey, long arrivedAt, byte[] data) {}
