package dev.millrace.local.kinesis.store;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accounts for the memory of all records, and removes those that are too old or too many, the oldest first. */
final class RecordMemory {

    private static final Logger log = LoggerFactory.getLogger(RecordMemory.class);

    private final long maxBytes;
    private long bytes;
    private long records;
    private long trimmedByRetention;
    private long trimmedForMemory;

    RecordMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    long bytes() {
        return bytes;
    }

    long records() {
        return records;
    }

    long trimmedByRetention() {
        return trimmedByRetention;
    }

    long trimmedForMemory() {
        return trimmedForMemory;
    }

    void added(StoredRecord stored) {
        bytes += stored.footprint();
        records++;
    }

    void dropped(Shard shard) {
        while (shard.log().size() > 0) {
            removeOldest(shard);
        }
    }

    /** Removes what a stream's retention no longer covers, and closed shards that it no longer covers. */
    void trimByRetention(Stream stream, long now) {
        long horizon = now - stream.retentionMillis();
        for (Shard shard : stream.shards()) {
            while (shard.log().size() > 0 && shard.log().get(0).arrivedAt() < horizon) {
                removeOldest(shard);
                trimmedByRetention++;
            }
        }
        stream.shards()
                .removeIf(shard -> shard.closedAt() < horizon && shard.log().size() == 0);
    }

    /** Removes the oldest records of all streams until the rest fits. */
    void trimToFit(Collection<Stream> streams) {
        while (bytes > maxBytes) {
            @Nullable Shard oldest = null;
            long oldestOrdinal = Long.MAX_VALUE;
            long nextOrdinal = Long.MAX_VALUE;
            for (Stream stream : streams) {
                for (Shard shard : stream.shards()) {
                    if (shard.log().size() == 0) {
                        continue;
                    }
                    long ordinal = shard.log().get(0).ordinal();
                    if (ordinal < oldestOrdinal) {
                        nextOrdinal = oldestOrdinal;
                        oldest = shard;
                        oldestOrdinal = ordinal;
                    } else {
                        nextOrdinal = Math.min(nextOrdinal, ordinal);
                    }
                }
            }
            if (oldest == null) {
                return;
            }
            if (trimmedForMemory == 0) {
                log.warn(
                        "Records are trimmed before the end of their retention because they take more than {} bytes"
                                + " (first in {}); readers that are behind lose them",
                        maxBytes,
                        oldest.id());
            }
            while (bytes > maxBytes
                    && oldest.log().size() > 0
                    && oldest.log().get(0).ordinal() < nextOrdinal) {
                removeOldest(oldest);
                trimmedForMemory++;
            }
        }
    }

    private void removeOldest(Shard shard) {
        bytes -= shard.log().removeOldest().footprint();
        records--;
    }
}
