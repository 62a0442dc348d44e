package dev.millrace.local.kinesis.fault;

import dev.millrace.local.kinesis.protocol.AwsError;
import java.time.Duration;

/** Something that goes wrong with a call. When and how often is a {@link FaultRule}'s business. */
public sealed interface Fault {

    /** PutRecords answers 200 with this error for single records; of other operations the call is refused with it. */
    record RefuseEntries(AwsError error) implements Fault {}

    /** The call is refused with this error and not carried out. */
    record RefuseCall(AwsError error) implements Fault {}

    /**
     * The call takes longer by a random time in the bounds, both included.
     *
     * @param before whether the time passes before the call is carried out, so that a client that gives up meanwhile may
     *     see its records arrive later; else they are stored at once and only the answer is late
     */
    record Delay(Duration min, Duration max, boolean before) implements Fault {
        public Delay {
            if (min.isNegative() || max.compareTo(min) < 0) {
                throw new IllegalArgumentException("a delay must be from 0 up, its greatest not below its least");
            }
        }
    }

    /** The call is not answered and not carried out until the rule is removed; then it is, if the client still waits. */
    record Hang() implements Fault {}

    /**
     * The call is carried out, but its answer is held back until the rule is removed: a time-out after acceptance.
     */
    record HoldAnswer() implements Fault {}

    /** The call is carried out, and the connection closed without an answer. */
    record CutAfter() implements Fault {}

    /** The connection is closed without an answer, and the call not carried out. */
    record CutBefore() implements Fault {}

    /** Records are refused as over their shard's rate. */
    static Fault throttle() {
        return new RefuseEntries(AwsError.PROVISIONED_THROUGHPUT_EXCEEDED);
    }

    /** Records are refused with InternalFailure, one by one. */
    static Fault failEntries() {
        return new RefuseEntries(AwsError.INTERNAL_FAILURE);
    }

    /** The whole call is answered with status 500. */
    static Fault failCall() {
        return new RefuseCall(AwsError.INTERNAL_FAILURE);
    }

    /** The answer is late by a fixed time; the call is carried out at once. */
    static Fault lateAnswer(Duration by) {
        return new Delay(by, by, false);
    }

    /** The call is carried out late by a fixed time. */
    static Fault lateCall(Duration by) {
        return new Delay(by, by, true);
    }
}
