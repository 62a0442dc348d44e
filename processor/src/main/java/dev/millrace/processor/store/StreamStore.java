package dev.millrace.processor.store;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is kept of a stream's shards: who reads each, and how far. For one stream, as it was made at one time. Its methods block
 * the calling virtual thread; one thread at a time calls them.
 */
public interface StreamStore {

    /**
     * Resolves once where the reading of the stream begins, and stores it for the shards that there are; those that come later
     * are read from their oldest record. Does nothing where that was done before, by whomever.
     *
     * @param now microseconds since 1970, what {@link StartPosition.Latest} stands for
     * @param shardIds all shards that the stream lists
     * @return the instant that was stored, now or before, microseconds since 1970; empty: the oldest record
     */
    Loaded<OptionalLong> begin(StartPosition wanted, long now, List<String> shardIds);

    /** The stored states of all shards that have one. */
    Loaded<Map<String, ShardState>> shards();

    /**
     * Makes a process the owner of a shard, exactly if its state is still the one that was seen, at an epoch that was
     * never before. Whoever owned it can commit nothing from then on.
     *
     * @param seen what {@link #shards} gave; empty where it gave none
     * @return the new epoch; empty where someone else was first
     */
    Loaded<Optional<Long>> take(String shardId, Optional<ShardState> seen, String owner);

    /** Gives back what it holds. It may be used again. */
    void close();
}
