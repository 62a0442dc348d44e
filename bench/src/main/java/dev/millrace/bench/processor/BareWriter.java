package dev.millrace.bench.processor;

import dev.millrace.bench.load.Child;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The limit that the processor is held against, in a process of its own: the transactions that it has to commit, and nothing else.
 * The rows are the same, in batches of the same size, over as many connections, one a shard; keyed, sorted and encoded before
 * the clock runs. It asks nothing of anybody but PostgreSQL, and answers lines: {@code prepare FROM TO}, {@code write}.
 */
final class BareWriter {

    static final String STREAM = "bare";

    /** A batch of the processor: it is full with so many values (BatchDecoder). */
    static final int BATCH = 5_000;

    private static final int LENGTH_OF_SEQUENCE_NUMBER = 56;

    private static final String MOVE_ON = """
            UPDATE shard_progress SET sequence_number = ?, sub_sequence_number = ?, arrived_at = now(), closed = false,
                user_records = user_records + ?, stream_time = now(), cached_to = now(), beat = beat + 1, updated_at = now()
            WHERE stream = ? AND stream_created = to_timestamp(0) AND shard_id = ?
                AND epoch = 1 AND sequence_number = ? AND sub_sequence_number = ? AND NOT closed
            """;
    private static final String MEASUREMENTS = """
            INSERT INTO measurement (at, sensor_key, metric_key, value)
            SELECT * FROM unnest(?::timestamptz[], ?::int[], ?::int[], ?::float8[])
            ON CONFLICT DO NOTHING
            """;
    private static final String SEEN = """
            UPDATE sensor s SET first_seen = least(s.first_seen, v.first), last_seen = greatest(s.last_seen, v.last)
            FROM unnest(?::int[], ?::timestamptz[], ?::timestamptz[]) AS v (sensor_key, first, last)
            WHERE s.sensor_key = v.sensor_key
            """;

    private final Rows rows;
    private final EvenShards shards;
    private final Map<String, String> settings;
    private final List<Writing> writings = new ArrayList<>();

    private BareWriter(Rows rows, EvenShards shards, Map<String, String> settings) {
        this.rows = rows;
        this.shards = shards;
        this.settings = settings;
    }

    /** The arguments: how many sensors there are, how many shards. */
    public static void main(String[] args) throws Exception {
        BareWriter writer = new BareWriter(
                new Rows(Integer.parseInt(args[0])), new EvenShards(Integer.parseInt(args[1])), System.getenv());
        writer.connect();
        System.out.println(Child.READY);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "prepare" -> writer.prepare(Long.parseLong(words[1]), Long.parseLong(words[2]));
                case "write" -> writer.write();
                default -> throw new IOException("what is " + line);
            }
            System.out.println(words[0]);
        }
    }

    private void connect() throws SQLException {
        for (int shard = 0; shard < shards.count(); shard++) {
            Connection connection = PgLogin.connect(settings);
            writings.add(new Writing(EvenShards.id(shard), connection));
        }
    }

    private void prepare(long from, long to) throws SQLException {
        int[] keyOfSensor = new int[rows.sensors()];
        int metricKey;
        Connection connection = writings.getFirst().connection;
        try (PreparedStatement keys = connection.prepareStatement("SELECT sensor_key FROM sensor WHERE sensor_id = ?");
                PreparedStatement metric =
                        connection.prepareStatement("SELECT metric_key FROM metric WHERE name = ?")) {
            for (int sensor = 0; sensor < keyOfSensor.length; sensor++) {
                keyOfSensor[sensor] = key(keys, rows.sensorId(sensor));
            }
            metricKey = key(metric, Rows.METRIC);
        }
        connection.commit();
        long now = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
        List<List<Long>> byShard = new Backlog(rows, shards).byShard(from, to);
        for (int shard = 0; shard < writings.size(); shard++) {
            List<Long> ofShard = byShard.get(shard);
            List<BareBatch> batches = new ArrayList<>();
            for (int first = 0; first < ofShard.size(); first += BATCH) {
                batches.add(BareBatch.of(
                        rows,
                        ofShard.subList(first, Math.min(first + BATCH, ofShard.size())),
                        keyOfSensor,
                        metricKey,
                        now));
            }
            writings.get(shard).begin(batches);
        }
    }

    private static int key(PreparedStatement statement, String name) throws SQLException {
        statement.setString(1, name);
        try (ResultSet found = statement.executeQuery()) {
            if (!found.next()) {
                throw new SQLException("no key for " + name);
            }
            return found.getInt(1);
        }
    }

    private void write() throws InterruptedException {
        List<Thread> threads = writings.stream()
                .map(writing -> Thread.ofPlatform().start(writing))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        if (writings.stream().anyMatch(writing -> !writing.done)) {
            throw new IllegalStateException("a batch could not be written");
        }
    }

    /** The transactions of a shard, over a connection of its own. */
    private static final class Writing implements Runnable {

        private final String shardId;
        private final Connection connection;
        private final PreparedStatement moveOn;
        private final PreparedStatement measurements;
        private final PreparedStatement seen;
        private List<BareBatch> batches = List.of();
        private long written;
        private volatile boolean done;

        Writing(String shardId, Connection connection) throws SQLException {
            this.shardId = shardId;
            this.connection = connection;
            connection.setAutoCommit(false);
            moveOn = connection.prepareStatement(MOVE_ON);
            measurements = connection.prepareStatement(MEASUREMENTS);
            seen = connection.prepareStatement(SEEN);
        }

        void begin(List<BareBatch> toWrite) throws SQLException {
            batches = toWrite;
            written = 0;
            done = false;
            try (PreparedStatement progress = connection.prepareStatement(
                    "INSERT INTO shard_progress (stream, stream_created, shard_id, sequence_number, sub_sequence_number) VALUES (?, to_timestamp(0), ?, ?, 0)")) {
                progress.setString(1, STREAM);
                progress.setString(2, shardId);
                progress.setString(3, sequenceNumber(0));
                progress.executeUpdate();
            }
            connection.commit();
        }

        private static String sequenceNumber(long number) {
            String digits = Long.toString(number);
            return "4".repeat(LENGTH_OF_SEQUENCE_NUMBER - digits.length()) + digits;
        }

        @Override
        public void run() {
            try {
                for (BareBatch batch : batches) {
                    write(batch);
                }
                done = true;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void write(BareBatch batch) throws SQLException {
            moveOn.setString(1, sequenceNumber(written + batch.rows()));
            moveOn.setLong(2, batch.rows());
            moveOn.setLong(3, batch.rows());
            moveOn.setString(4, STREAM);
            moveOn.setString(5, shardId);
            moveOn.setString(6, sequenceNumber(written));
            moveOn.setLong(7, written == 0 ? 0 : BATCH);
            expect(1, moveOn);
            measurements.setObject(1, batch.at());
            measurements.setObject(2, batch.sensorKeys());
            measurements.setObject(3, batch.metricKeys());
            measurements.setObject(4, batch.values());
            expect(batch.rows(), measurements);
            seen.setObject(1, batch.seenKeys());
            seen.setObject(2, batch.seenAt());
            seen.setObject(3, batch.seenAt());
            expect(batch.sensors(), seen);
            connection.commit();
            written += batch.rows();
        }

        private static void expect(int count, PreparedStatement statement) throws SQLException {
            int found = statement.executeUpdate();
            if (found != count) {
                throw new SQLException(found + " rows instead of " + count);
            }
        }
    }
}
