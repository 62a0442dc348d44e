package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What is kept of one shard. Its methods block the calling virtual thread; one thread at a time calls them.
 *
 * <p>All failures are outages: what was decoded can be stored, and so the same work is tried again until it is. Were there a
 * row that the database refuses for what it is, its shard would stand still, loudly; isolating such a row belongs here, between
 * {@link CommitResult.Unavailable} and the loop.
 */
public interface ShardStore {

    /** How far the shard has been read; makes the note of a shard that has none. */
    Loaded<Progress> progress();

    /** The states of series; one that has no value yet is not in the answer. */
    Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids);

    /**
     * Stores work, all or nothing, exactly if the shard still stands at {@code from}.
     *
     * @param from what {@link #progress} or the last commit gave
     */
    CommitResult commit(Progress from, Work work);

    /** The latest values of sensors by measurement; a sensor without any is not in the answer. */
    Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds);

    /** Gives back what it holds. It may be used again. */
    void close();
}
