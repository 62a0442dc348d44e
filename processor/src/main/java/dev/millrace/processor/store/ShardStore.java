package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import java.util.Collection;
import java.util.Map;

/** What is kept of one shard. Its methods block the calling virtual thread; one thread at a time calls them. */
public interface ShardStore {

    /** The stored state; a shard has one from when it was first taken. */
    Loaded<ShardState> state();

    /** The states of series; one that has no value yet is not in the answer. */
    Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids);

    /**
     * Stores work, all or nothing, exactly if the shard still stands at the epoch and the position of {@code from}.
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
