package dev.millrace.processor.shard;

import dev.millrace.processor.store.Work;
import java.util.OptionalLong;

/** What the reading of shards counts. Thread-safe. */
public interface ShardMeter {

    /**
     * A batch has committed.
     *
     * @param rows how many of its rows were new
     */
    void committed(Batch batch, Work work, int rows);

    /** So many values of a journal, or user records of the stream, were fed to a detector again; they are stored. */
    void refed(int count);

    /** So many series of the shard are in memory, of which so many are not written down as they stand. */
    void remembered(String shardId, int series, int dirty);

    /** A commit stored nothing, because the position or the epoch had changed. */
    void fenced();

    /** The shard was taken over from another process, or from one that had given it up. */
    void taken();

    /** The shard was given up, so that another process can go on at once. */
    void handedOver();

    /**
     * The shard is to be read here, and is not yet.
     *
     * @param storedTo all that arrived before is committed, by whomever, microseconds since 1970; empty: that is not known
     * @param millis how long it has been waited for: nothing is known to be committed since
     */
    void awaited(String shardId, OptionalLong storedTo, long millis);

    /** All that was read from the shard is committed, and that was so far behind its tip. */
    void caughtUp(String shardId, long millisBehind);

    /** What was written down of a series cannot be read, and is learnt anew. */
    void stateUnreadable();

    /** The shard is not read here any more. */
    void left(String shardId);

    /** It is known which shards are to be read here: what is behind is behind in one of those. */
    void spread();
}
