package dev.millrace.gateway.query;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.reading.Measurement;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the processor has stored in PostgreSQL. */
public final class PgSensorStore implements SensorStore {

    private static final String UNDEFINED_TABLE = "42P01";

    private static final String SENSOR_IDS =
            "SELECT sensor_id FROM sensor WHERE sensor_id > $1 ORDER BY sensor_id LIMIT $2";

    /** The newest point of each series: the primary key leads to it, newest partition first. */
    private static final String LATEST = """
            SELECT s.sensor_id, m.name, n.at AS number_at, n.value AS number, t.at AS text_at, t.value AS text
            FROM sensor s
            JOIN series r ON r.sensor_key = s.sensor_key
            JOIN metric m ON m.metric_key = r.metric_key
            LEFT JOIN LATERAL (
                SELECT at, value FROM measurement x
                WHERE x.sensor_key = r.sensor_key AND x.metric_key = r.metric_key
                ORDER BY at DESC LIMIT 1) n ON r.kinds & 1 <> 0
            LEFT JOIN LATERAL (
                SELECT at, value FROM state x
                WHERE x.sensor_key = r.sensor_key AND x.metric_key = r.metric_key
                ORDER BY at DESC LIMIT 1) t ON r.kinds & 2 <> 0
            WHERE s.sensor_id = ANY ($1::text[])""";

    private static final String SENSOR_KEY = "SELECT sensor_key FROM sensor WHERE sensor_id = $1";

    /** The newest {@code $5} instants: each series gives that many at most, and no more can be among them. */
    private static final String READINGS = """
            SELECT name, at, number, text
            FROM (
                SELECT name, at, number, text, dense_rank() OVER (ORDER BY at DESC) AS instant
                FROM (
                    SELECT m.name, p.at, p.value AS number, NULL::text AS text
                    FROM series r
                    JOIN metric m ON m.metric_key = r.metric_key
                    CROSS JOIN LATERAL (
                        SELECT at, value FROM measurement x
                        WHERE x.sensor_key = r.sensor_key AND x.metric_key = r.metric_key AND x.at >= $3 AND x.at < $4
                        ORDER BY at DESC LIMIT $5) p
                    WHERE r.sensor_key = $1 AND ($2::text IS NULL OR m.name = $2) AND r.kinds & 1 <> 0
                    UNION ALL
                    SELECT m.name, p.at, NULL::float8, p.value
                    FROM series r
                    JOIN metric m ON m.metric_key = r.metric_key
                    CROSS JOIN LATERAL (
                        SELECT at, value FROM state x
                        WHERE x.sensor_key = r.sensor_key AND x.metric_key = r.metric_key AND x.at >= $3 AND x.at < $4
                        ORDER BY at DESC LIMIT $5) p
                    WHERE r.sensor_key = $1 AND ($2::text IS NULL OR m.name = $2) AND r.kinds & 2 <> 0
                ) points
            ) ranked
            WHERE instant <= $5
            ORDER BY at DESC, name
            LIMIT $6""";

    private static final String ANOMALIES = """
            SELECT a.anomaly_id, s.sensor_id, m.name, a.rule, a.severity, a.opened_at, a.closed_at, a.value
            FROM anomaly a
            JOIN sensor s ON s.sensor_key = a.sensor_key
            JOIN metric m ON m.metric_key = a.metric_key
            WHERE ($1::text IS NULL OR s.sensor_id = $1)
              AND ($2::boolean IS NULL OR (a.closed_at IS NULL) = $2)
              AND ($3::text IS NULL OR a.severity = $3)
              AND ($4::timestamptz IS NULL OR a.opened_at >= $4)
              AND ($5::timestamptz IS NULL OR a.opened_at < $5)
              AND ($6::timestamptz IS NULL OR (a.opened_at, a.anomaly_id) < ($6, $7::uuid))
            ORDER BY a.opened_at DESC, a.anomaly_id DESC
            LIMIT $8""";

    /** Times before and behind all that a reading may have. */
    private static final OffsetDateTime FIRST = OffsetDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private static final OffsetDateTime LAST = OffsetDateTime.of(10_000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private static final String PART = "queries";

    private final Pool pool;
    private final Availability availability;
    private final Duration timeout;

    /** A store whose answers are waited for at most {@code timeout}. */
    public PgSensorStore(Pool pool, Availability availability, Duration timeout) {
        this.pool = pool;
        this.availability = availability;
        this.timeout = timeout;
    }

    /** Fails while PostgreSQL cannot be reached or its schema is not there yet. */
    public Future<Void> check() {
        return pool.query("SELECT to_regclass('audit_log') IS NOT NULL")
                .execute()
                .compose(rows -> rows.iterator().next().getBoolean(0)
                        ? pool.query("SELECT 1 FROM sensor, series, metric, measurement, state, anomaly LIMIT 0")
                                .execute()
                                .mapEmpty()
                        : Future.failedFuture("the schema is not there yet"));
    }

    @Override
    public Future<List<String>> sensorIds(String after, int limit) {
        return query(SENSOR_IDS, Tuple.of(after, limit)).map(rows -> {
            List<String> ids = new ArrayList<>();
            rows.forEach(row -> ids.add(row.getString(0)));
            return ids;
        });
    }

    @Override
    public Future<Map<String, LatestValues>> latest(List<String> sensorIds) {
        return query(LATEST, Tuple.of(sensorIds.toArray(String[]::new))).map(rows -> {
            Map<String, LatestValues> latest = new HashMap<>();
            for (Row row : rows) {
                LatestValues.Timed value = newest(row);
                if (value != null) {
                    latest.computeIfAbsent(row.getString("sensor_id"), id -> new LatestValues(id, new TreeMap<>()))
                            .values()
                            .put(row.getString("name"), value);
                }
            }
            return latest;
        });
    }

    private static LatestValues.@Nullable Timed newest(Row row) {
        String name = row.getString("name");
        OffsetDateTime numberAt = row.getOffsetDateTime("number_at");
        OffsetDateTime textAt = row.getOffsetDateTime("text_at");
        if (numberAt == null && textAt == null) {
            return null;
        }
        return textAt == null || (numberAt != null && numberAt.isAfter(textAt))
                ? new LatestValues.Timed(new Measurement.Numeric(name, row.getDouble("number")), micros(numberAt))
                : new LatestValues.Timed(new Measurement.State(name, row.getString("text")), micros(textAt));
    }

    @Override
    public Future<Optional<ReadingsPage>> readings(ReadingsQuery wanted) {
        return query(SENSOR_KEY, Tuple.of(wanted.sensorId())).compose(keys -> {
            if (keys.size() == 0) {
                return Future.succeededFuture(Optional.empty());
            }
            Tuple parameters = Tuple.of(
                    keys.iterator().next().getLong(0),
                    wanted.metric().orElse(null),
                    wanted.from().isPresent() ? time(wanted.from().getAsLong()) : FIRST,
                    wanted.to().isPresent() ? time(wanted.to().getAsLong()) : LAST,
                    wanted.limit(),
                    MAX_POINTS + 1);
            return query(READINGS, parameters).map(rows -> Optional.of(page(rows, wanted.limit())));
        });
    }

    /** What the rows hold; where they are too many, the last instant may lack some of its points and is left to the next page. */
    private static ReadingsPage page(RowSet<Row> rows, int limit) {
        List<StoredReading> readings = instants(rows);
        boolean cut = rows.size() > MAX_POINTS && readings.size() > 1;
        return new ReadingsPage(
                cut ? readings.subList(0, readings.size() - 1) : readings, cut || readings.size() == limit);
    }

    private static List<StoredReading> instants(RowSet<Row> rows) {
        List<StoredReading> instants = new ArrayList<>();
        for (Row row : rows) {
            String name = row.getString("name");
            long at = micros(row.getOffsetDateTime("at"));
            Double number = row.getDouble("number");
            if (instants.isEmpty() || instants.getLast().timestamp() != at) {
                instants.add(new StoredReading(at, new ArrayList<>()));
            }
            instants.getLast()
                    .measurements()
                    .add(
                            number != null
                                    ? new Measurement.Numeric(name, number)
                                    : new Measurement.State(name, row.getString("text")));
        }
        return instants;
    }

    @Override
    public Future<List<Anomaly>> anomalies(AnomaliesQuery wanted) {
        Tuple parameters = Tuple.tuple()
                .addString(wanted.sensorId().orElse(null))
                .addBoolean(
                        wanted.state().map(state -> state == AnomalyState.OPEN).orElse(null))
                .addString(wanted.severity()
                        .map(severity -> severity.name().toLowerCase(Locale.ROOT))
                        .orElse(null))
                .addOffsetDateTime(optionalTime(wanted.from()))
                .addOffsetDateTime(optionalTime(wanted.to()))
                .addOffsetDateTime(
                        wanted.after().map(cursor -> time(cursor.openedAt())).orElse(null))
                .addUUID(wanted.after().map(AnomalyCursor::id).orElse(null))
                .addInteger(wanted.limit());
        return query(ANOMALIES, parameters).map(rows -> {
            List<Anomaly> anomalies = new ArrayList<>();
            rows.forEach(row -> anomalies.add(anomaly(row)));
            return anomalies;
        });
    }

    private static Anomaly anomaly(Row row) {
        OffsetDateTime closedAt = row.getOffsetDateTime("closed_at");
        UUID id = row.getUUID("anomaly_id");
        return new Anomaly(
                id,
                row.getString("sensor_id"),
                row.getString("name"),
                row.getString("rule"),
                row.getString("severity"),
                micros(row.getOffsetDateTime("opened_at")),
                closedAt == null ? OptionalLong.empty() : OptionalLong.of(micros(closedAt)),
                row.getDouble("value"));
    }

    private Future<RowSet<Row>> query(String sql, Tuple parameters) {
        return pool.preparedQuery(sql)
                .execute(parameters)
                // behind a network that has gone silent nobody else ends the waiting
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onSuccess(_ -> availability.worked(PART))
                .recover(cause -> {
                    if (isDefect(cause)) {
                        return Future.failedFuture(cause);
                    }
                    availability.failed(PART, cause.getClass().getSimpleName());
                    return Future.failedFuture(new Unavailable(cause));
                });
    }

    /**
     * Whether PostgreSQL has refused the query itself; what else it answers, or that it does not, passes. So does that there is no
     * such table: a new database, whose schema a processor will make.
     */
    private static boolean isDefect(Throwable cause) {
        return cause instanceof PgException refusal
                && !refusal.getSqlState().equals(UNDEFINED_TABLE)
                && (refusal.getSqlState().startsWith("22")
                        || refusal.getSqlState().startsWith("42"));
    }

    private static @Nullable OffsetDateTime optionalTime(OptionalLong micros) {
        return micros.isPresent() ? time(micros.getAsLong()) : null;
    }

    private static OffsetDateTime time(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L)
                .atOffset(ZoneOffset.UTC);
    }

    private static long micros(OffsetDateTime time) {
        return time.toEpochSecond() * 1_000_000L + time.getNano() / 1_000;
    }
}
