package dev.millrace.gateway.publish;

import java.util.BitSet;

/**
 * What became of the readings of one submission.
 *
 * @param accepted how many the stream holds for sure
 * @param retry the places, from 0, of those that it may not hold; to be sent again
 * @param reason why there are such; {@link Reason#NONE} where there are none
 */
public record Publication(int accepted, BitSet retry, Reason reason) {

    /** Why readings were not accepted. */
    public enum Reason {
        NONE,
        /** No room for them, or the stream's rate is exceeded. */
        OVERLOADED,
        /** The stream did not answer, or answered with failures, until their deadline. */
        STREAM_UNAVAILABLE
    }
}
