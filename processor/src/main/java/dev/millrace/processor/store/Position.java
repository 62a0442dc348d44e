package dev.millrace.processor.store;

import java.math.BigInteger;

/**
 * A user record's place in a shard.
 *
 * @param sequenceNumber the Kinesis record's, decimal; empty before the first
 * @param subSequenceNumber the place in an aggregated record, from 0
 */
public record Position(String sequenceNumber, long subSequenceNumber) {

    /** Before the first record of a shard. */
    public static final Position START = new Position("", 0);

    /** Whether it lies behind another one of the same shard. */
    public boolean isBehind(Position other) {
        int bySequenceNumber = number(sequenceNumber).compareTo(number(other.sequenceNumber));
        return bySequenceNumber > 0 || (bySequenceNumber == 0 && subSequenceNumber > other.subSequenceNumber);
    }

    private static BigInteger number(String sequenceNumber) {
        return sequenceNumber.isEmpty() ? BigInteger.ONE.negate() : new BigInteger(sequenceNumber);
    }
}
