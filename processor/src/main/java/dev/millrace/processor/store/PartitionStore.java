package dev.millrace.processor.store;

/** The tables' partitions by day. Its methods block the calling virtual thread. */
public interface PartitionStore {

    /** Partitions are made for today and so many days after it, more than a reading's timestamp may lie ahead. */
    int DAYS_AHEAD = 3;

    /** Makes the partitions of the coming days that are missing; answers how many days it made. */
    Loaded<Integer> make();

    /**
     * Drops the days that are over for longer than so many days, and what is older than any day's partition; answers how many
     * days it dropped.
     *
     * @param days at least 1
     */
    Loaded<Integer> drop(int days);

    /** Gives back what it holds. It may be used again. */
    void close();
}
