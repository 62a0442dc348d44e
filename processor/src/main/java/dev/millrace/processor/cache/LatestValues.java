package dev.millrace.processor.cache;

import dev.millrace.processor.store.LatestValue;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Where readers find the latest values of a shard's sensors without asking the database. It never fails, and holds up its
 * caller for no longer than about two seconds: what it could not take is made good later from what is stored. One thread at a
 * time calls it.
 */
public interface LatestValues {

    /**
     * The shard is read from here on. What its sensors had that arrived since may be lacking, because whoever read it before
     * ended between a commit and its use of the cache.
     *
     * @param since microseconds since 1970; empty: nothing was read yet
     */
    void begin(OptionalLong since);

    /**
     * Takes over values that are committed, each the latest of its series.
     *
     * @param bySensor at most one value a measurement
     * @param arrivedFrom when the first record that they came with arrived in the stream, microseconds since 1970
     * @param arrivedTo when the last one did
     */
    void update(Map<String, List<LatestValue>> bySensor, long arrivedFrom, long arrivedTo);

    /** What arrived before is all in the cache, microseconds since 1970; empty: nothing is known to be. */
    OptionalLong settledTo();

    /** The shard is not read here any more. */
    void end();
}
