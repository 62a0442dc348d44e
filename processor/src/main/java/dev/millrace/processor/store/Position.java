package dev.millrace.processor.store;

/**
 * A user record's place in a shard.
 *
 * @param sequenceNumber the Kinesis record's, decimal; empty before the first
 * @param subSequenceNumber the place in an aggregated record, from 0
 */
public record Position(String sequenceNumber, long subSequenceNumber) {

    /** Before the first record of a shard. */
    public static final Position START = new Position("", 0);
}
