package dev.millrace.processor.store;

import java.util.Set;

/** What is kept of a stream as a whole. Its methods block the calling virtual thread. */
public interface StreamStore {

    /** Partitions are made for today and so many days after it, more than a reading's timestamp may lie ahead. */
    int DAYS_AHEAD = 3;

    /**
     * The shards that were read to their end.
     *
     * @param streamCreated microseconds since 1970
     */
    Loaded<Set<String>> closedShards(String stream, long streamCreated);

    /** Makes the partitions of the coming days that are missing; answers how many days it made. */
    Loaded<Integer> makePartitions();
}
