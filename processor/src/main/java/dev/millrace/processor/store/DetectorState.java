package dev.millrace.processor.store;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a shard's row says of its detector.
 *
 * @param mark up to there everything is in the snapshots of the series; empty: nothing is known of that, as where an earlier
 *     version has read the shard
 * @param rulesVersion the rules that are in force behind the mark; empty: none yet
 * @param settling whether series that are watched were not yet looked at by these rules
 */
public record DetectorState(Optional<Mark> mark, OptionalInt rulesVersion, boolean settling) {

    /** Of a shard that no detector has read. */
    public static final DetectorState NONE = new DetectorState(Optional.empty(), OptionalInt.empty(), false);
}
