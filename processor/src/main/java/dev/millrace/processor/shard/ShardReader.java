package dev.millrace.processor.shard;

/** Reads one shard forward. Blocks the calling virtual thread; one thread at a time calls it. */
public interface ShardReader {

    /** From now on it reads from there. What was being read ahead is thrown away. */
    void seek(ReadFrom from);

    /**
     * Begins to read on, without waiting: the next {@link #read} gets what this finds. Does nothing where there is no room to
     * read ahead, or where that is under way.
     *
     * @param delayMillis when to begin, from now
     */
    void readAhead(long delayMillis);

    /** Whether {@link #read} itself waits a while for something to read: then nobody needs to wait between reads. */
    default boolean waitsForRecords() {
        return false;
    }

    /** Reads on. */
    ShardRead read();

    /** Gives back what it holds. It may be used again after a {@link #seek}. */
    void close();
}
