package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import java.util.Optional;

/** Decides whether a record is refused although its shard would take it: where faults come in. */
@FunctionalInterface
public interface EntryJudge {

    EntryJudge ACCEPTS_ALL = _ -> Optional.empty();

    /** The error with which a record for this shard is refused. */
    Optional<AwsError> refusal(String shardId);
}
