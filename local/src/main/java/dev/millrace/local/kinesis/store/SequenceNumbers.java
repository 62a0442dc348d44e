package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import java.nio.charset.StandardCharsets;

/**
 * The sequence numbers of one shard: 56 decimal digits, {@code 49}, the shard's generation (17 digits), the position
 * (19), the shard's number (12), {@code 000002}. The generation leads, so that every sequence number of a child is higher
 * than all those of its parents; all have the same length, so that they sort as text as they do as numbers. As on AWS
 * they tell their shard, and those of a deleted stream are foreign to the one that is made anew under its name.
 */
final class SequenceNumbers {

    private static final String PREFIX = "49";
    private static final String SUFFIX = "000002";
    private static final int GENERATION_DIGITS = 17;
    private static final int POSITION_DIGITS = 19;
    private static final int SHARD_DIGITS = 12;
    private static final int POSITION_START = PREFIX.length() + GENERATION_DIGITS;
    private static final int SHARD_START = POSITION_START + POSITION_DIGITS;
    private static final int LENGTH = SHARD_START + SHARD_DIGITS + SUFFIX.length();

    private final String head;
    private final String tail;

    /** The number of position 0, to be filled in. */
    private final byte[] template;

    SequenceNumbers(long generation, int shardNumber) {
        this.head = PREFIX + padded(generation, GENERATION_DIGITS);
        this.tail = padded(shardNumber, SHARD_DIGITS) + SUFFIX;
        this.template = (head + "0".repeat(POSITION_DIGITS) + tail).getBytes(StandardCharsets.ISO_8859_1);
    }

    String of(long position) {
        byte[] digits = template.clone();
        long rest = position;
        for (int i = SHARD_START - 1; i >= POSITION_START; i--) {
            digits[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return new String(digits, StandardCharsets.ISO_8859_1);
    }

    /**
     * The position of a sequence number, whether or not there is a record at it.
     *
     * @throws dev.millrace.local.kinesis.protocol.AwsFailure InvalidArgumentException if it is another shard's
     */
    long positionOf(String sequenceNumber, Shard shard, String stream) {
        if (sequenceNumber.length() != LENGTH || !sequenceNumber.endsWith(SUFFIX)) {
            throw AwsError.INVALID_ARGUMENT.because("StartingSequenceNumber " + sequenceNumber
                    + " used in GetShardIterator on shard " + shard.id() + " in stream " + stream
                    + " is invalid because it is not a sequence number of this service.");
        }
        if (!sequenceNumber.endsWith(tail)) {
            throw AwsError.INVALID_ARGUMENT.because(
                    "Invalid StartingSequenceNumber. It encodes another shard, while it "
                            + "was used in a call to a shard with " + shard.id());
        }
        if (!sequenceNumber.startsWith(head)) {
            throw AwsError.INVALID_ARGUMENT.because("StartingSequenceNumber " + sequenceNumber
                    + " used in GetShardIterator on shard " + shard.id() + " in stream " + stream
                    + " is invalid because it did not come from this stream and shard.");
        }
        try {
            return Long.parseLong(sequenceNumber.substring(POSITION_START, SHARD_START));
        } catch (NumberFormatException _) {
            // nineteen digits beyond the greatest long
            throw AwsError.INVALID_ARGUMENT.because("StartingSequenceNumber " + sequenceNumber + " is invalid.");
        }
    }

    private static String padded(long number, int digits) {
        String text = Long.toString(number);
        return "0".repeat(digits - text.length()) + text;
    }
}
