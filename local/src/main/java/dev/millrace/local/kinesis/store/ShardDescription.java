package dev.millrace.local.kinesis.store;

import dev.millrace.core.wire.HashKeyRange;
import java.util.Optional;

/**
 * A shard as the API describes it.
 *
 * @param parent the shard that was split, or the first of two that were merged
 * @param adjacentParent the second of two that were merged
 * @param startingSequenceNumber below every record's
 * @param endingSequenceNumber above every record's; an open shard has none
 */
public record ShardDescription(
        String id,
        Optional<String> parent,
        Optional<String> adjacentParent,
        HashKeyRange range,
        String startingSequenceNumber,
        Optional<String> endingSequenceNumber) {

    public boolean isOpen() {
        return endingSequenceNumber.isEmpty();
    }
}
