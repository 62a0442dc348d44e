package dev.millrace.processor.shard;

import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import java.util.List;
import java.util.Map;

/**
 * Whole Kinesis records, decoded, which commit together.
 *
 * @param position the last user record among them
 * @param arrivedAt when it arrived, microseconds since 1970; nothing to go by in a batch without records
 * @param records how many Kinesis records
 * @param userRecords how many user records, dead letters included
 * @param foreignAggregates aggregates that hold a key of another shard, and so count for nothing
 * @param samples every value in the order of the stream
 */
public record Batch(
        Position position,
        long arrivedAt,
        int records,
        int userRecords,
        int foreignAggregates,
        List<Sample> samples,
        List<DeadLetter> deadLetters,
        Map<String, Seen> seen) {

    /** A batch of nothing, after a position. */
    static Batch none(Position position) {
        return new Batch(position, 0, 0, 0, 0, List.of(), List.of(), Map.of());
    }
}
