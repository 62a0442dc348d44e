package dev.millrace.local.kinesis.store;

import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.local.kinesis.protocol.PutEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A shard: a hash key range, its records, its rates. Guarded by the {@link StreamStore} that holds it. */
public final class Shard {

    /** The most bytes of a GetRecords answer. */
    static final int MAX_READ_BYTES = 10 * 1024 * 1024;

    private final int number;
    private final String id;
    private final HashKeyRange range;
    private final List<Shard> parents;
    private final List<Shard> children = new ArrayList<>();
    private final SequenceNumbers sequenceNumbers;
    private final long createdAt;

    private final RecordLog log = new RecordLog();
    private final TokenBucket recordsIn;
    private final TokenBucket bytesIn;
    private final TokenBucket reads;
    private final TokenBucket bytesOut;

    private long lastPosition;
    private long lastArrival;
    private long closedAt = Long.MAX_VALUE;

    Shard(int number, HashKeyRange range, List<Shard> parents, long generation, long now, Limits limits) {
        this.number = number;
        this.id = "shardId-" + "0".repeat(12 - Integer.toString(number).length()) + number;
        this.range = range;
        this.parents = List.copyOf(parents);
        this.sequenceNumbers = new SequenceNumbers(generation, number);
        this.createdAt = now;
        this.lastArrival = now;
        this.recordsIn = new TokenBucket(limits.recordsPerSecond(), now);
        this.bytesIn = new TokenBucket(limits.bytesPerSecond(), now);
        this.reads = new TokenBucket(limits.readsPerSecond(), now);
        this.bytesOut = new TokenBucket(limits.readBytesPerSecond(), now);
    }

    /** {@code shardId-000000000000}. */
    public String id() {
        return id;
    }

    public HashKeyRange range() {
        return range;
    }

    /** Of none, or the one that was split, or the two that were merged (the one merged first). */
    List<Shard> parents() {
        return parents;
    }

    List<Shard> children() {
        return children;
    }

    int number() {
        return number;
    }

    SequenceNumbers sequenceNumbers() {
        return sequenceNumbers;
    }

    RecordLog log() {
        return log;
    }

    long createdAt() {
        return createdAt;
    }

    /** The far future while it is open. */
    long closedAt() {
        return closedAt;
    }

    boolean isOpen() {
        return closedAt == Long.MAX_VALUE;
    }

    /** The position after the newest record; of a closed shard its end. */
    long tip() {
        return lastPosition + 1;
    }

    void close(long now) {
        // The end is a number of its own, above the last record's, as on AWS.
        lastPosition++;
        closedAt = now;
    }

    /** Whether a record is within the rates; one that is counts against them. */
    boolean admits(PutEntry entry, long now) {
        if (!recordsIn.has(1, now) || !bytesIn.has(entry.size(), now)) {
            return false;
        }
        recordsIn.take(1);
        bytesIn.take(entry.size());
        return true;
    }

    /** Whether a GetRecords is within the rates; one that is counts against them. */
    boolean admitsRead(long now) {
        if (!reads.has(1, now) || !bytesOut.has(1, now)) {
            return false;
        }
        reads.take(1);
        return true;
    }

    /** @param gap at least 1; sequence numbers are not consecutive, and nobody should think that they are */
    StoredRecord append(PutEntry entry, int gap, long ordinal, long now) {
        lastPosition += gap;
        // A clock that is set back must not let arrival times go back within a shard.
        lastArrival = Math.max(lastArrival, now);
        var stored = new StoredRecord(this, ordinal, lastPosition, lastArrival, entry.partitionKey(), entry.data());
        log.append(stored);
        return stored;
    }

    /** The records from a position on, at most {@code limit} and 10 MiB, but one if there is one. */
    List<StoredRecord> read(long position, int limit) {
        List<StoredRecord> records = copy(position, limit, MAX_READ_BYTES);
        records.forEach(stored -> bytesOut.take(stored.size()));
        return records;
    }

    /** The records from a position on, at most so many bytes, but one if there is one; no rate counts them. */
    List<StoredRecord> copy(long position, int maxBytes) {
        return copy(position, Integer.MAX_VALUE, maxBytes);
    }

    private List<StoredRecord> copy(long position, int limit, int maxBytes) {
        var records = new ArrayList<StoredRecord>();
        int bytes = 0;
        for (int i = log.indexOfPosition(position); i < log.size() && records.size() < limit; i++) {
            StoredRecord stored = log.get(i);
            bytes += stored.size();
            if (bytes > maxBytes && !records.isEmpty()) {
                break;
            }
            records.add(stored);
        }
        return records;
    }

    /** A copy of what describes it. */
    ShardDescription describe() {
        return new ShardDescription(
                id,
                parents.isEmpty() ? Optional.empty() : Optional.of(parents.getFirst().id),
                parents.size() < 2 ? Optional.empty() : Optional.of(parents.getLast().id),
                range,
                sequenceNumbers.of(0),
                isOpen() ? Optional.empty() : Optional.of(sequenceNumbers.of(lastPosition)));
    }
}
