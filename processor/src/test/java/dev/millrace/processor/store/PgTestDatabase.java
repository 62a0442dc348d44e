package dev.millrace.processor.store;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.connect.PgPools;
import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** A database with the schema in it, and what stands in it. */
public final class PgTestDatabase implements AutoCloseable {

    private final DatabaseConfig config = PgTestServer.newDatabase();
    private final Vertx vertx = Vertx.vertx();
    private final Pool pool = PgPools.create(vertx, config, "test", 20, Map.of("lock_timeout", "10000"));

    /** The test's own: a store that has met a failure ends a session, which must not be one that the test is about to use. */
    private final Pool own = PgPools.create(vertx, config, "test", 2, Map.of("lock_timeout", "10000"));

    public PgTestDatabase() {
        if (new FlywayMigrations(config).migrate() instanceof FlywayMigrations.Failed(String reason)) {
            throw new IllegalStateException(reason);
        }
        PartitionStore partitions = new PgPartitionStore(pool);
        partitions.make();
        partitions.close();
    }

    public DatabaseConfig config() {
        return config;
    }

    public Pool pool() {
        return pool;
    }

    public RowSet<Row> query(String sql) {
        return own.query(sql).execute().await();
    }

    public long count(String from) {
        return query("SELECT count(*) FROM " + from).iterator().next().getLong(0);
    }

    /** All that is stored of one shard; rows and anomalies of all. */
    public StoredContent content(ShardKey shard) {
        Map<SeriesId, Map<Long, Measurement>> samples = new TreeMap<>();
        for (Row row : query("""
                SELECT sensor_id, name, at, value, NULL::text FROM measurement
                    JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)
                UNION ALL SELECT sensor_id, name, at, NULL, value FROM state
                    JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)""")) {
            String name = row.getString(1);
            Double number = row.getDouble(3);
            Measurement before = samples.computeIfAbsent(new SeriesId(row.getString(0), name), _ -> new TreeMap<>())
                    .put(
                            PgTime.micros(row.getOffsetDateTime(2)),
                            number != null
                                    ? new Measurement.Numeric(name, number)
                                    : new Measurement.State(name, row.getString(4)));
            if (before != null) {
                throw new AssertionError("an identity is there as a number and as a text: " + row.deepToString());
            }
        }
        Map<UUID, StoredAnomaly> anomalies = new TreeMap<>();
        for (Row row : query("""
                SELECT anomaly_id, sensor_id, name, rule, rule_version, condition, severity, message, opened_at, arrived_at, value,
                    text, closed_at, peak, count, revision FROM anomaly
                    JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)""")) {
            anomalies.put(
                    row.getUUID(0),
                    new StoredAnomaly(
                            row.getUUID(0),
                            new SeriesId(row.getString(1), row.getString(2)),
                            row.getString(3),
                            row.getInteger(4),
                            row.getString(5),
                            Severity.parse(row.getString(6)).orElseThrow(),
                            row.getString(7),
                            PgTime.micros(row.getOffsetDateTime(8)),
                            PgTime.micros(row.getOffsetDateTime(9)),
                            row.getDouble(10),
                            Optional.ofNullable(row.getString(11)),
                            PgTime.optional(row.getOffsetDateTime(12)),
                            row.getDouble(13),
                            row.getLong(14),
                            row.getInteger(15)));
        }
        String of = " WHERE shard_id = '" + shard.shardId() + "'";
        List<Position> deadLetters = new ArrayList<>();
        for (Row row : query("SELECT sequence_number, sub_sequence_number FROM dead_letter" + of + " ORDER BY 1, 2")) {
            deadLetters.add(new Position(row.getString(0), row.getLong(1)));
        }
        List<Gap> gaps = new ArrayList<>();
        for (Row row :
                query("SELECT after_sequence_number, after_sub_sequence_number, read_to, resumed_at, resumed_arrival"
                        + " FROM gap" + of)) {
            gaps.add(new Gap(
                    new Position(row.getString(0), row.getLong(1)),
                    PgTime.optional(row.getOffsetDateTime(2)),
                    Optional.ofNullable(row.getString(3)),
                    PgTime.micros(row.getOffsetDateTime(4))));
        }
        Map<String, Seen> seen = new TreeMap<>();
        for (Row row : query("SELECT sensor_id, first_seen, last_seen FROM sensor WHERE last_seen IS NOT NULL")) {
            seen.put(
                    row.getString(0),
                    new Seen(PgTime.micros(row.getOffsetDateTime(1)), PgTime.micros(row.getOffsetDateTime(2))));
        }
        long userRecords = query("SELECT coalesce(sum(user_records), 0)::bigint FROM shard_progress" + of)
                .iterator()
                .next()
                .getLong(0);
        return new StoredContent(userRecords, samples, anomalies, deadLetters, gaps, seen);
    }

    @Override
    public void close() {
        pool.close().await();
        own.close().await();
        vertx.close().await();
    }
}
