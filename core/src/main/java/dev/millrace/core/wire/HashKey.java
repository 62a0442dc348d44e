package dev.millrace.core.wire;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A point of a Kinesis stream's hash key space, an unsigned 128-bit integer. A record lies in the shard whose range holds
 * the MD5 of its partition key's UTF-8 bytes (Amazon Kinesis Data Streams, "Partition Key").
 *
 * @param high the upper 64 bits, unsigned
 * @param low the lower 64 bits, unsigned
 */
public record HashKey(long high, long low) implements Comparable<HashKey> {

    public static final HashKey MIN = new HashKey(0, 0);
    public static final HashKey MAX = new HashKey(-1, -1);

    private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(HashKey::newMd5);

    /** The hash key of a partition key. */
    public static HashKey ofPartitionKey(String partitionKey) {
        ByteBuffer digest = ByteBuffer.wrap(MD5.get().digest(partitionKey.getBytes(StandardCharsets.UTF_8)));
        return new HashKey(digest.getLong(), digest.getLong());
    }

    /**
     * A hash key in the decimal notation of the Kinesis API.
     *
     * @throws IllegalArgumentException if it is no integer from 0 to 2^128 - 1
     */
    public static HashKey parse(String decimal) {
        BigInteger value = new BigInteger(decimal);
        if (value.signum() < 0 || value.bitLength() > 128) {
            throw new IllegalArgumentException("a hash key must be from 0 to 2^128 - 1");
        }
        return of(value);
    }

    /** The hash key of an integer from 0 to 2^128 - 1. */
    public static HashKey of(BigInteger value) {
        return new HashKey(value.shiftRight(64).longValue(), value.longValue());
    }

    public BigInteger toBigInteger() {
        return new BigInteger(
                1, ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }

    @Override
    public int compareTo(HashKey other) {
        int upper = Long.compareUnsigned(high, other.high);
        return upper != 0 ? upper : Long.compareUnsigned(low, other.low);
    }

    /** The decimal notation of the Kinesis API. */
    @Override
    public String toString() {
        return toBigInteger().toString();
    }

    /** A new MD5; every Java platform must have it ({@link MessageDigest}). */
    static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
