package dev.millrace.local.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.local.kinesis.KinesisEmulator;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/**
 * What a reader finds in the stream of sensors with a common prefix: parents before children, aggregates that hold a key of
 * another shard skipped, of each reading (its number {@code n}) the first occurrence.
 */
final class StreamOrder {

    private final Map<String, SequencedSet<Integer>> numbers = new HashMap<>();

    /** User records that counted, duplicates among them. */
    int read;

    /** Aggregates that were skipped. */
    int skipped;

    static StreamOrder read(KinesisEmulator kinesis, String stream, String prefix) {
        StreamOrder order = new StreamOrder();
        // oldest first, so that a parent comes before its children
        kinesis.shards(stream)
                .forEach(shard -> kinesis.records(stream, shard.id()).forEach(record -> {
                    if (StreamRecord.decode(record.partitionKey(), record.data())
                            instanceof StreamRecord.Aggregate aggregate) {
                        if (aggregate.belongsTo(shard.range())) {
                            aggregate.records().forEach(one -> order.add(one, prefix));
                        } else {
                            order.skipped++;
                        }
                    }
                }));
        return order;
    }

    private void add(UserRecord record, String prefix) {
        if (record.partitionKey().startsWith(prefix)) {
            read++;
            numbers.computeIfAbsent(record.partitionKey(), _ -> new LinkedHashSet<>())
                    .add(new JsonObject(new String(record.data(), UTF_8)).getInteger("n"));
        }
    }

    /** The first occurrences of a sensor's readings, in their order. */
    SequencedSet<Integer> of(String sensor) {
        return numbers.getOrDefault(sensor, new LinkedHashSet<>());
    }

    /** How many different readings there are. */
    int distinct() {
        return numbers.values().stream().mapToInt(SequencedSet::size).sum();
    }

    /** G1 and G2: all that the devices were told is in the stream is there, each sensor's readings in the order sent. */
    void assertHolds(Devices devices) {
        devices.sent.forEach((sensor, sent) -> assertEquals(sent, List.copyOf(of(sensor)), sensor));
    }
}
