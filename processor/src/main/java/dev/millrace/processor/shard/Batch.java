package dev.millrace.processor.shard;

import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import java.util.List;

/**
 * Decoded user records in the order of the stream, which commit together.
 *
 * @param position where the shard's reading stands behind them
 * @param arrivedFrom when the first of their records arrived, microseconds since 1970; nothing to go by in a batch of none
 * @param arrivedTo when the last one did
 * @param records how many Kinesis records end in this batch
 * @param foreignAggregates aggregates that hold a key of another shard, and so count for nothing
 * @param items the readings and the dead letters
 */
public record Batch(
        Position position, long arrivedFrom, long arrivedTo, int records, int foreignAggregates, List<Item> items) {

    /** What a user record turned out to be. */
    public sealed interface Item {

        Position position();

        /** When its record arrived, microseconds since 1970. */
        long arrivedAt();
    }

    /** A reading. */
    record Accepted(Position position, long arrivedAt, UserRecord source, Reading reading) implements Item {}

    /** Something else. */
    record Refused(DeadLetter letter) implements Item {

        @Override
        public Position position() {
            return letter.position();
        }

        @Override
        public long arrivedAt() {
            return letter.arrivedAt();
        }
    }

    /** A batch of nothing, after a position. */
    static Batch none(Position position) {
        return new Batch(position, 0, 0, 0, 0, List.of());
    }

    /** Whether no record was read for it. */
    public boolean isNone() {
        return records == 0 && items.isEmpty();
    }

    /** The first half of its items, which there must be two of at least. Its position is that of its last item. */
    Batch firstHalf() {
        List<Item> half = items.subList(0, items.size() / 2);
        return new Batch(half.getLast().position(), arrivedFrom, half.getLast().arrivedAt(), 0, 0, half);
    }

    /** What {@link #firstHalf} leaves. */
    Batch secondHalf() {
        List<Item> half = items.subList(items.size() / 2, items.size());
        return new Batch(position, half.getFirst().arrivedAt(), arrivedTo, records, foreignAggregates, half);
    }

    /** The same with another item in the place of its only one. */
    Batch withOnly(Item item) {
        return new Batch(position, arrivedFrom, arrivedTo, records, foreignAggregates, List.of(item));
    }
}
