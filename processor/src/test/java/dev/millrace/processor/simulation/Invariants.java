package dev.millrace.processor.simulation;

import dev.millrace.processor.shard.ShardRecord;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.Work;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** What must hold at every commit. It goes by what the stream holds and the store has, not by what any process believes. */
final class Invariants {

    private final SimulatedStream stream;
    private final Set<String> epochs = new HashSet<>();
    private int commits;
    private int takes;

    Invariants(SimulatedStream stream) {
        this.stream = stream;
    }

    int commits() {
        return commits;
    }

    int takes() {
        return takes;
    }

    void taken(String shardId, long epoch) {
        takes++;
        require(epochs.add(shardId + " at " + epoch), "%s is taken at an epoch that was before", shardId);
    }

    void beforeCommit(
            SimulatedProcess process, String shardId, Content.Row row, Progress from, Work work, Content content) {
        commits++;
        require(
                row.state().progress().epoch() == from.epoch()
                        && row.state().owner().equals(Optional.of(process.owner())),
                "%s commits for %s at epoch %d, which %s owns at epoch %d",
                process.owner(),
                shardId,
                from.epoch(),
                row.state().owner().orElse("nobody"),
                row.state().progress().epoch());
        SimulatedStream.Shard shard = stream.shard(shardId);
        for (String parent : shard.info.parents()) {
            Content.Row of = content.row(parent);
            require(
                    of != null && of.state().progress().closed(),
                    "%s is read before its parent %s was read out",
                    shardId,
                    parent);
        }
        require(
                !work.closed()
                        || (shard.closed
                                && count(shardId, shard, work, content)
                                        == shard.userRecordsBefore(shard.records.size())),
                "%s is closed before its end",
                shardId);
    }

    private static int count(String shardId, SimulatedStream.Shard shard, Work work, Content content) {
        int upTo = shard.userRecordsUpTo(work.position());
        // behind a gap there may be nothing that has a position; it may be stored with a commit before the last
        boolean gap = work.gap().isPresent() || content.gaps().containsKey(new Content.Place(shardId, work.position()));
        return gap || upTo == 0 ? shard.userRecordsBefore(shard.records.size()) : upTo;
    }

    void afterCommit(String shardId, Content content) {
        countsEachRecordOnce(shardId, content);
    }

    /** Every user record up to the position was counted once, and none behind it. */
    void countsEachRecordOnce(String shardId, Content content) {
        Content.Row row = content.row(shardId);
        if (row == null) {
            return;
        }
        SimulatedStream.Shard shard = stream.shard(shardId);
        require(
                beginning(shard, content).isPresent(),
                "%s stands behind %d user records and has counted %d, with %d more trimmed; it was begun at %s",
                shardId,
                shard.userRecordsUpTo(row.state().progress().position()),
                row.userRecords(),
                trimmed(shard, content),
                shard.beginnings);
    }

    /** With which record the shard was begun, by what was counted since; empty where the count is wrong. */
    private OptionalInt beginning(SimulatedStream.Shard shard, Content content) {
        Content.Row row = content.row(shard.info.shardId());
        if (row == null) {
            return OptionalInt.empty();
        }
        int upTo = shard.userRecordsUpTo(row.state().progress().position());
        if (upTo == 0 && row.userRecords() == 0) {
            // nothing of it was read yet, and what was trimmed before never will be
            return OptionalInt.of(
                    shard.beginnings.stream().mapToInt(first -> first).max().orElse(0));
        }
        long lacking = upTo - row.userRecords() - trimmed(shard, content);
        return IntStream.concat(IntStream.of(0), shard.beginnings.stream().mapToInt(first -> first))
                .filter(first -> shard.userRecordsBefore(first) == lacking)
                .max();
    }

    /** How many user records were trimmed before they were read, by the gaps up to the position. */
    private long trimmed(SimulatedStream.Shard shard, Content content) {
        Content.Row row = content.row(shard.info.shardId());
        long trimmed = 0;
        for (Map.Entry<Content.Place, Gap> gap : content.gaps().entrySet()) {
            if (gap.getKey().shardId().equals(shard.info.shardId())) {
                int resumed = resumedAt(shard, gap.getValue());
                require(resumed <= shard.trimmed, "%s has a gap where nothing was trimmed", shard.info.shardId());
                if (row != null
                        && !gap.getValue().after().equals(row.state().progress().position())) {
                    trimmed += Math.max(
                            0,
                            shard.userRecordsBefore(resumed)
                                    - shard.userRecordsUpTo(gap.getValue().after()));
                }
            }
        }
        return trimmed;
    }

    /** The first record behind a gap. */
    int resumedAt(SimulatedStream.Shard shard, Gap gap) {
        return gap.resumedAt().isPresent()
                ? shard.indexOf(gap.resumedAt().get())
                : shard.indexAt(gap.resumedArrival() - stream.retentionMicros());
    }

    /** Whether a user record lies where nobody could read it: before the beginning, or in a gap. */
    boolean isExcused(SimulatedStream.Shard shard, int index, long subSequenceNumber, Content content) {
        ShardRecord record = shard.records.get(index);
        for (Map.Entry<Content.Place, Gap> gap : content.gaps().entrySet()) {
            if (gap.getKey().shardId().equals(shard.info.shardId())) {
                int after = shard.indexOf(gap.getValue().after().sequenceNumber());
                boolean behind = index > after
                        || (index == after
                                && subSequenceNumber > gap.getValue().after().subSequenceNumber());
                if (behind && index < resumedAt(shard, gap.getValue())) {
                    return true;
                }
            }
        }
        if (index < beginning(shard, content).orElse(0)) {
            return true;
        }
        Content.Row row = content.row(shard.info.shardId());
        return row != null
                && row.state().startAt().isPresent()
                && record.arrivedAt() < row.state().startAt().getAsLong();
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one dependency more
    static void require(boolean holds, String otherwise, Object... arguments) {
        if (!holds) {
            throw new AssertionError(otherwise.formatted(arguments));
        }
    }
}
