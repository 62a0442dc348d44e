package dev.millrace.local.kinesis.fault;

import dev.millrace.local.kinesis.protocol.Operation;
import java.util.Optional;

/**
 * A fault, and when it strikes: {@code FaultRule.of(Fault.throttle()).on(Operation.PUT_RECORDS).share(0.2)}.
 *
 * <p>What it may strike are the calls in its scope, or the single records of such calls for
 * {@link Fault.RefuseEntries}. It passes over the first {@code skip} of them, strikes each of the following with the
 * probability {@code share}, and is spent once it has struck {@code times} times.
 *
 * @param operation the only operation that it strikes; any if empty
 * @param stream the name of the only stream that it strikes; any if empty
 * @param shard the id of the only shard that it strikes; any if empty. A PutRecords call is in the scope if one of its
 *     records is. Operations that concern no single shard are not.
 * @param share from 0 to 1
 * @param skip from 0 up
 * @param times from 1 up
 */
public record FaultRule(
        Fault fault,
        Optional<Operation> operation,
        Optional<String> stream,
        Optional<String> shard,
        double share,
        long skip,
        long times) {

    public FaultRule {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share must be from 0 to 1");
        }
        if (skip < 0) {
            throw new IllegalArgumentException("skip must not be negative");
        }
        if (times < 1) {
            throw new IllegalArgumentException("times must be at least 1");
        }
    }

    /** Strikes everything, always, until it is narrowed down. */
    public static FaultRule of(Fault fault) {
        return new FaultRule(fault, Optional.empty(), Optional.empty(), Optional.empty(), 1, 0, Long.MAX_VALUE);
    }

    public FaultRule on(Operation value) {
        return new FaultRule(fault, Optional.of(value), stream, shard, share, skip, times);
    }

    public FaultRule inStream(String value) {
        return new FaultRule(fault, operation, Optional.of(value), shard, share, skip, times);
    }

    public FaultRule inShard(String value) {
        return new FaultRule(fault, operation, stream, Optional.of(value), share, skip, times);
    }

    public FaultRule share(double value) {
        return new FaultRule(fault, operation, stream, shard, value, skip, times);
    }

    public FaultRule skip(long value) {
        return new FaultRule(fault, operation, stream, shard, share, value, times);
    }

    public FaultRule times(long value) {
        return new FaultRule(fault, operation, stream, shard, share, skip, value);
    }

    /** Strikes the n-th call only, counted from 1. */
    public FaultRule nth(long n) {
        return skip(n - 1).times(1);
    }
}
