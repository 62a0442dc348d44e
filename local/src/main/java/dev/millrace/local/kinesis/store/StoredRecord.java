package dev.millrace.local.kinesis.store;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** A record in a shard. Immutable. */
public final class StoredRecord {

    /** What a record takes beside its content: this object, the headers of its array and text, its place in the log. */
    private static final int OVERHEAD_BYTES = 112;

    private final Shard shard;
    private final long ordinal;
    private final long position;
    private final long arrivedAt;
    private final String partitionKey;
    private final byte[] data;

    StoredRecord(Shard shard, long ordinal, long position, long arrivedAt, String partitionKey, byte[] data) {
        this.shard = shard;
        this.ordinal = ordinal;
        this.position = position;
        this.arrivedAt = arrivedAt;
        this.partitionKey = partitionKey;
        this.data = data;
    }

    public String shardId() {
        return shard.id();
    }

    public String sequenceNumber() {
        return shard.sequenceNumbers().of(position);
    }

    public String partitionKey() {
        return partitionKey;
    }

    /** The content itself, not a copy: for reading only. */
    public byte[] data() {
        return data;
    }

    /** The content as text in UTF-8. */
    public String text() {
        return new String(data, StandardCharsets.UTF_8);
    }

    /** The approximate arrival timestamp, in milliseconds. */
    public Instant arrival() {
        return Instant.ofEpochMilli(arrivedAt);
    }

    /** {@link #arrival} in milliseconds since 1970. */
    public long arrivedAt() {
        return arrivedAt;
    }

    /** The place in the order in which the emulator stored the records of all shards. */
    public long ordinal() {
        return ordinal;
    }

    /** The place in the shard, strictly rising, with gaps. */
    long position() {
        return position;
    }

    /** The bytes of data and partition key. */
    int size() {
        return data.length + partitionKey.length();
    }

    /** The bytes of memory that it is taken to need. */
    int footprint() {
        return size() + OVERHEAD_BYTES;
    }

    @Override
    public String toString() {
        return shardId() + " " + sequenceNumber() + " " + partitionKey + " (" + data.length + " bytes)";
    }
}
