package dev.millrace.gateway.query;

import static dev.millrace.gateway.query.PgQueries.micros;
import static dev.millrace.gateway.query.PgQueries.time;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.reading.Measurement;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the processor has stored in PostgreSQL. */
public final class PgSensorStore implements SensorStore {

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

    /** Times before and behind all that a reading may have. */
    private static final OffsetDateTime FIRST = OffsetDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private static final OffsetDateTime LAST = OffsetDateTime.of(10_000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private final Pool pool;
    private final PgQueries queries;

    /** A store whose answers are waited for at most {@code timeout}. */
    public PgSensorStore(Pool pool, Availability availability, Duration timeout) {
        this.pool = pool;
        this.queries = new PgQueries(pool, availability, timeout);
    }

    /** Fails while PostgreSQL cannot be reached or its schema is not there yet. */
    public Future<Void> check() {
        return pool.query("SELECT to_regclass('detector_snapshot') IS NOT NULL")
                .execute()
                .compose(rows -> rows.iterator().next().getBoolean(0)
                        ? pool.query("SELECT 1 FROM sensor, series, metric, measurement, state, anomaly LIMIT 0")
                                .execute()
                                .mapEmpty()
                        : Future.failedFuture("the schema is not there yet"));
    }

    @Override
    public Future<List<String>> sensorIds(String after, int limit) {
        return queries.query(SENSOR_IDS, Tuple.of(after, limit)).map(rows -> {
            List<String> ids = new ArrayList<>();
            rows.forEach(row -> ids.add(row.getString(0)));
            return ids;
        });
    }

    @Override
    public Future<Map<String, LatestValues>> latest(List<String> sensorIds) {
        return queries.query(LATEST, Tuple.of(sensorIds.toArray(String[]::new))).map(rows -> {
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
        return queries.query(SENSOR_KEY, Tuple.of(wanted.sensorId())).compose(keys -> {
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
            return queries.query(READINGS, parameters).map(rows -> Optional.of(page(rows, wanted.limit())));
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
}
