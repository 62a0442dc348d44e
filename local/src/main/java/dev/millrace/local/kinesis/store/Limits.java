package dev.millrace.local.kinesis.store;

/**
 * What a shard takes and gives, and an account may have; 0 switches a limit off. A shard's limits are token buckets that
 * hold one second's worth.
 *
 * @param recordsPerSecond records that a shard takes in a second
 * @param bytesPerSecond bytes (data and partition keys) that a shard takes in a second
 * @param readsPerSecond GetRecords calls that a shard answers in a second
 * @param readBytesPerSecond bytes that a shard gives in a second; a larger answer is given whole, and the reads after it
 *     are refused until the rate has been kept
 * @param openShards open shards of all streams
 */
public record Limits(
        int recordsPerSecond, int bytesPerSecond, int readsPerSecond, int readBytesPerSecond, int openShards) {

    public Limits {
        if (recordsPerSecond < 0
                || bytesPerSecond < 0
                || readsPerSecond < 0
                || readBytesPerSecond < 0
                || openShards < 0) {
            throw new IllegalArgumentException("a limit must not be negative; 0 switches it off");
        }
    }

    /** What AWS has: 1,000 records and 1 MiB a second in, 5 reads and 2 MiB a second out; 500 open shards. */
    public static Limits aws() {
        return new Limits(1_000, 1024 * 1024, 5, 2 * 1024 * 1024, 500);
    }

    public static Limits none() {
        return new Limits(0, 0, 0, 0, 0);
    }

    public Limits withRecordsPerSecond(int value) {
        return new Limits(value, bytesPerSecond, readsPerSecond, readBytesPerSecond, openShards);
    }

    public Limits withBytesPerSecond(int value) {
        return new Limits(recordsPerSecond, value, readsPerSecond, readBytesPerSecond, openShards);
    }

    public Limits withReadsPerSecond(int value) {
        return new Limits(recordsPerSecond, bytesPerSecond, value, readBytesPerSecond, openShards);
    }

    public Limits withReadBytesPerSecond(int value) {
        return new Limits(recordsPerSecond, bytesPerSecond, readsPerSecond, value, openShards);
    }

    public Limits withOpenShards(int value) {
        return new Limits(recordsPerSecond, bytesPerSecond, readsPerSecond, readBytesPerSecond, value);
    }
}
