package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BacklogTest {

    private static final Rows ROWS = new Rows(100);
    private static final int COUNT = 1_030;

    private final Backlog backlog = new Backlog(ROWS, new EvenShards(2));

    /** What the processor decodes is what the bare writer writes: both sides have the same rows. */
    @Test
    void recordsHoldTheRowsOfEachShardInOrder() {
        List<List<Long>> byShard = backlog.byShard(7, 7 + COUNT);
        List<List<Long>> decoded = List.of(new ArrayList<>(), new ArrayList<>());
        int[] shards = new EvenShards(2).ofSensors(ROWS);
        for (Lane.Aggregate record : backlog.records(7, 7 + COUNT)) {
            assertTrue(record.readings() <= Backlog.READINGS_PER_RECORD);
            int shard = shards[sensor(record.partitionKey())];
            var aggregate = assertInstanceOf(
                    StreamRecord.Aggregate.class, StreamRecord.decode(record.partitionKey(), record.data()));
            assertEquals(record.readings(), aggregate.records().size());
            aggregate.records().forEach(user -> decoded.get(shard).add(row(user)));
        }
        assertEquals(byShard, decoded);
        assertEquals(COUNT, byShard.getFirst().size() + byShard.getLast().size());
        assertTrue(byShard.stream().noneMatch(List::isEmpty));
    }

    private static long row(UserRecord user) {
        var batch = assertInstanceOf(
                Decoded.Batch.class,
                new ReadingDecoder(ReadingLimits.DEFAULT)
                        .decode(user.source(), user.offset(), user.length(), Rfc3339.MAX_MICROS, () -> 0));
        var reading = batch.readings().getFirst();
        for (long row = sensor(reading.sensorId()); row < 7 + COUNT; row += ROWS.sensors()) {
            if (ROWS.reading(row).equals(reading)) {
                return row;
            }
        }
        throw new AssertionError("no row is " + reading);
    }

    private static int sensor(String sensorId) {
        return Integer.parseInt(sensorId.substring("press-".length()));
    }
}
