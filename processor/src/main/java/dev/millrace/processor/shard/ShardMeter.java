package dev.millrace.processor.shard;

import dev.millrace.processor.store.Work;

/** What a shard's loop counts. Thread-safe. */
public interface ShardMeter {

    /**
     * A batch has committed.
     *
     * @param rows how many of its rows were new
     */
    void committed(Batch batch, Work work, int rows);

    /** A commit was refused because the position had changed. */
    void fenced();

    /** The shard is to be read here, and has not been for so long: nothing of it is known to be committed since. */
    void awaited(String shardId, long millis);

    /** All that was read from the shard is committed, and that was so far behind its tip. */
    void caughtUp(String shardId, long millisBehind);

    /** The shard is not read here any more. */
    void left(String shardId);
}
