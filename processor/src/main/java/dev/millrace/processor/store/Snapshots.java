package dev.millrace.processor.store;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What of a detector's state commits with the rest.
 *
 * @param beat that the shard's row must have for any of it to be stored: where a fail-over has lost a commit without moving the position,
 *     what was in its snapshots is not to be relied on; empty: any
 * @param series in any order, none twice. Their open anomalies are brought on to what they know of them
 * @param upToDate whether their states are as of the position that commits. Open anomalies that they know nothing of are then
 *     closed: an earlier version has opened them, or what would have closed them was trimmed
 * @param journal what this commit has fed; empty where it does not move the position
 * @param state what the shard's row then says; empty: as before
 */
public record Snapshots(
        OptionalLong beat,
        List<SeriesSnapshot> series,
        boolean upToDate,
        Optional<JournalPage> journal,
        Optional<DetectorState> state) {

    public static final Snapshots NONE =
            new Snapshots(OptionalLong.empty(), List.of(), true, Optional.empty(), Optional.empty());
}
