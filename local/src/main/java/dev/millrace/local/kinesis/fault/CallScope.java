package dev.millrace.local.kinesis.fault;

import java.util.Optional;
import java.util.Set;

/** What a call concerns; asked for only if a rule wants to know. */
public interface CallScope {

    /** The name of its stream. */
    Optional<String> stream();

    /** The ids of the shards whose records it puts or reads. */
    Set<String> shards();
}
