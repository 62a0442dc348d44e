package dev.millrace.processor.shard;

import java.util.List;

/** What became of reading a shard on. */
public sealed interface ShardRead {

    /**
     * An answer.
     *
     * @param records in order, perhaps none
     * @param millisBehind how far the answer lies behind the tip of the shard
     * @param atEnd whether the shard has ended and nothing follows these records
     * @param answeredAt when Kinesis gave it, by its own clock, microseconds since 1970
     */
    record Records(List<ShardRecord> records, long millisBehind, boolean atEnd, long answeredAt) implements ShardRead {}

    /** Nothing was read, and the reader still stands where it stood. */
    record Failed(String reason) implements ShardRead {}

    /**
     * Nothing was read yet: the process has no room for what would be read, or what comes before the reading has taken its time.
     * The reader goes on from there when it is asked again, so that a wait is no reason to overlook a stop.
     */
    record Waiting() implements ShardRead {}

    /**
     * Nothing was read, because the shard has given its readers what it gives in a second, or after a large answer in five. The
     * reader still stands where it stood.
     */
    record Throttled(String reason) implements ShardRead {}

    /**
     * The last record that was read is not in the shard any more, so others behind it may be gone unread: after an outage that
     * outlasted the retention, say. Nothing can be read until a {@link ShardReader#seek} to the stored position, which shows
     * what is missing.
     */
    record PlaceLost() implements ShardRead {}
}
