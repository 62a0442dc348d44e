package dev.millrace.core.wire;

import java.util.Arrays;

/**
 * One record as a producer put it: alone in a Kinesis record, or one of many in an aggregated one.
 *
 * @param partitionKey its own partition key
 * @param hashKey where it belongs: the MD5 of the partition key, or its explicit hash key
 * @param subSequenceNumber its place in the Kinesis record, from 0
 * @param source the bytes that hold its data; not to be changed
 * @param offset where its data begin in {@code source}
 * @param length how many bytes of data it has
 */
@SuppressWarnings(
        "ArrayRecordComponent") // a view of the Kinesis record's bytes: a copy a reading would cost more than all else
public record UserRecord(
        String partitionKey, HashKey hashKey, long subSequenceNumber, byte[] source, int offset, int length) {

    /** A copy of the data. */
    public byte[] data() {
        return Arrays.copyOfRange(source, offset, offset + length);
    }
}
