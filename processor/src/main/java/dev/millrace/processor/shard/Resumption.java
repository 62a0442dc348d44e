package dev.millrace.processor.shard;

import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Position;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whether the first answers after a {@link ReadFrom.Resume} show that retention has trimmed records before they were read.
 * The first record must be the position's own. If it is not, that one is gone, and those behind it may be, unless everything
 * that retention can have trimmed was read: a shard that lies idle for longer than the retention loses its position's
 * record, and nothing else. Where the record is gone though it was younger than the retention, that is not to be relied on:
 * somebody has changed it.
 *
 * @param position of the record that must come first; {@link Position#START}: nothing is awaited
 * @param arrivedAt when that record arrived, microseconds since 1970
 * @param readTo all that arrived before was read, microseconds since 1970
 * @param retentionMicros how long the stream keeps records
 */
record Resumption(Position position, OptionalLong arrivedAt, OptionalLong readTo, long retentionMicros) {

    static final Resumption NONE = new Resumption(Position.START, OptionalLong.empty(), OptionalLong.empty(), 0);

    /** The gap that an answer shows. */
    Optional<Gap> gap(ShardRead.Records read) {
        if (!isSettledBy(read) || isThere(read) || isAllRead(read.answeredAt())) {
            return Optional.empty();
        }
        if (read.records().isEmpty()) {
            return Optional.of(new Gap(position, readTo, Optional.empty(), read.answeredAt()));
        }
        ShardRecord oldest = read.records().getFirst();
        return Optional.of(new Gap(position, readTo, Optional.of(oldest.sequenceNumber()), oldest.arrivedAt()));
    }

    /** What is still awaited after an answer. */
    Resumption after(ShardRead.Records read) {
        return isSettledBy(read) ? NONE : this;
    }

    /** An answer without records that lies behind the tip says nothing yet. */
    private boolean isSettledBy(ShardRead.Records read) {
        return !position.equals(Position.START)
                && (!read.records().isEmpty() || read.millisBehind() == 0 || read.atEnd());
    }

    private boolean isThere(ShardRead.Records read) {
        return !read.records().isEmpty()
                && read.records().getFirst().sequenceNumber().equals(position.sequenceNumber());
    }

    private boolean isAllRead(long now) {
        long trimmedTo = now - retentionMicros;
        return arrivedAt.isPresent()
                && arrivedAt.getAsLong() < trimmedTo
                && readTo.isPresent()
                && readTo.getAsLong() >= trimmedTo;
    }
}
