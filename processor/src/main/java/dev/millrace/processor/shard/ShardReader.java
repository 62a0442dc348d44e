package dev.millrace.processor.shard;

/** Reads one shard forward. Blocks the calling virtual thread; one thread at a time calls it. */
public interface ShardReader {

    /** From now on it reads what follows a sequence number; with an empty one, from the oldest record on. */
    void seek(String sequenceNumber);

    /** Reads on. */
    ShardRead read();
}
