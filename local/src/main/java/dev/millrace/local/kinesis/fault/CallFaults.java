package dev.millrace.local.kinesis.fault;

import dev.millrace.local.kinesis.protocol.AwsError;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What goes wrong with one call.
 *
 * @param refusal the error that is answered instead of carrying it out
 * @param before how long it waits before it is carried out
 * @param after how long its answer waits
 * @param hang the rule that holds it back before it is carried out
 * @param holdAnswer the rule that holds its answer back
 * @param entries the rules that may strike its records
 */
public record CallFaults(
        Optional<AwsError> refusal,
        Duration before,
        Duration after,
        Optional<ArmedFault> hang,
        Optional<ArmedFault> holdAnswer,
        boolean cutBefore,
        boolean cutAfter,
        List<ArmedFault> entries) {

    /** Nothing does. */
    public static final CallFaults NONE = new CallFaults(
            Optional.empty(),
            Duration.ZERO,
            Duration.ZERO,
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            List.of());

    /** The error with which one record of the call is refused. */
    public Optional<AwsError> entryRefusal(String shardId) {
        for (ArmedFault armed : entries) {
            Optional<String> shard = armed.rule().shard();
            if (armed.rule().fault() instanceof Fault.RefuseEntries refuse
                    && (shard.isEmpty() || shard.get().equals(shardId))
                    && armed.strikesNext()) {
                return Optional.of(refuse.error());
            }
        }
        return Optional.empty();
    }
}
