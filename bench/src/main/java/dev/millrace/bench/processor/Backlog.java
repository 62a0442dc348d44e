package dev.millrace.bench.processor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Puts rows into the stream as fast as it takes them. */
final class Backlog {

    /** As many as the gateway's lanes put into a record at 10,000 readings a second over two shards (decision 0060). */
    static final int READINGS_PER_RECORD = 50;

    /** Some 0.8 MB. */
    private static final int RECORDS_PER_CALL = 200;

    private final Rows rows;
    private final EvenShards shards;
    private final int[] shardOfSensor;

    Backlog(Rows rows, EvenShards shards) {
        this.rows = rows;
        this.shards = shards;
        this.shardOfSensor = shards.ofSensors(rows);
    }

    /**
     * The rows of each shard, in the order of the stream.
     *
     * @param from the first row
     * @param to behind the last
     */
    List<List<Long>> byShard(long from, long to) {
        List<List<Long>> byShard = IntStream.range(0, shards.count())
                .<List<Long>>mapToObj(_ -> new ArrayList<>())
                .toList();
        for (long row = from; row < to; row++) {
            byShard.get(shardOfSensor[rows.sensor(row)]).add(row);
        }
        return byShard;
    }

    /** Records of those rows, each within one shard. */
    List<Lane.Aggregate> records(long from, long to) {
        List<Lane.Aggregate> records = new ArrayList<>();
        List<Lane> lanes =
                IntStream.range(0, shards.count()).mapToObj(_ -> new Lane()).toList();
        for (long row = from; row < to; row++) {
            Lane lane = lanes.get(shardOfSensor[rows.sensor(row)]);
            lane.add(rows.reading(row));
            if (lane.count() == READINGS_PER_RECORD) {
                records.add(lane.take());
            }
        }
        lanes.stream().filter(lane -> lane.count() > 0).map(Lane::take).forEach(records::add);
        return records;
    }

    /** Puts those rows. */
    void put(long from, long to, KinesisProducer producer) throws IOException {
        List<Lane.Aggregate> records = records(from, to);
        for (int first = 0; first < records.size(); first += RECORDS_PER_CALL) {
            producer.put(records.subList(first, Math.min(first + RECORDS_PER_CALL, records.size())));
        }
    }
}
