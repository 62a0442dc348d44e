package dev.millrace.processor.store;

import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** What is kept of one shard. Its methods block the calling virtual thread; one thread at a time calls them. */
public interface ShardStore {

    /** The stored state; a shard has one from when it was first taken. */
    Loaded<ShardState> state();

    /** What is stored of series; one that has no value yet is not in the answer. */
    Loaded<Map<SeriesId, StoredSeries>> series(Collection<SeriesId> ids);

    /**
     * The series of the sensors of a range that must be looked at though nothing arrives.
     *
     * @return the earliest stream time at which, microseconds since 1970; empty where an anomaly is open and nothing is due
     */
    Loaded<Map<SeriesId, OptionalLong>> watched(HashKeyRange range);

    /** The places of readings behind one position and up to another that the database refused to store. */
    Loaded<Set<Position>> unstorable(Position after, Position upTo);

    /**
     * What was fed to the shard's detector since its mark, in order. It may lack anything: what is there need not last.
     *
     * @param mostBytes nothing is answered where it is more than so many
     */
    Loaded<List<JournalPage>> journal(long mostBytes);

    /** The rules of a version, as they were written; empty where nobody has stored them. */
    Loaded<Optional<String>> rules(int version);

    /**
     * Stores work, all or nothing, exactly if the shard still stands at the epoch and the position of {@code from}, and at the beat of
     * the work's snapshots.
     *
     * @param from what {@link #state} or the last commit gave
     */
    CommitResult commit(Progress from, Work work);

    /**
     * Gives the shard up and tells the other processes, exactly if it still stands at the epoch.
     *
     * @return whether it did
     */
    Loaded<Boolean> release(long epoch);

    /** Gives back what it holds. It may be used again. */
    void close();
}
