package dev.millrace.gateway.query;

import static dev.millrace.gateway.query.PgQueries.micros;
import static dev.millrace.gateway.query.PgQueries.optionalTime;
import static dev.millrace.gateway.query.PgQueries.time;

import dev.millrace.core.ops.Availability;
import dev.millrace.gateway.auth.Actor;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** The anomalies in PostgreSQL. */
public final class PgAnomalyStore implements AnomalyStore {

    private static final String SELECT = """
            SELECT a.anomaly_id, s.sensor_id, m.name, a.rule, a.rule_version, a.condition, a.severity, a.message, a.opened_at,
                a.closed_at, a.value, a.text, coalesce(a.peak, a.value) AS peak, a.count, a.revision, a.acked_by, a.acked_at
            FROM anomaly a
            JOIN sensor s ON s.sensor_key = a.sensor_key
            JOIN metric m ON m.metric_key = a.metric_key
            """;

    private static final String ANOMALIES = SELECT + """
            WHERE ($1::text IS NULL OR s.sensor_id = $1)
              AND ($2::boolean IS NULL OR (a.closed_at IS NULL) = $2)
              AND ($3::text IS NULL OR a.severity = $3)
              AND ($4::timestamptz IS NULL OR a.opened_at >= $4)
              AND ($5::timestamptz IS NULL OR a.opened_at < $5)
              AND ($6::timestamptz IS NULL OR (a.opened_at, a.anomaly_id) < ($6, $7::uuid))
            ORDER BY a.opened_at DESC, a.anomaly_id DESC
            LIMIT $8""";

    private static final String ONE = SELECT + "WHERE a.anomaly_id = $1";

    /** Who was first stays, and only that is written down: one statement, so that neither is without the other. */
    private static final String ACKNOWLEDGE = """
            WITH acknowledged AS (
                UPDATE anomaly SET acked_by = $2, acked_at = now()
                WHERE anomaly_id = $1 AND acked_at IS NULL
                RETURNING anomaly_id)
            INSERT INTO audit_log (actor, role, address, action, target, detail)
            SELECT $2, $3, $4, 'anomaly-acknowledged', anomaly_id::text, $5 FROM acknowledged""";

    private final PgQueries queries;

    /** A store whose answers are waited for at most {@code timeout}. */
    public PgAnomalyStore(Pool pool, Availability availability, Duration timeout) {
        this.queries = new PgQueries(pool, availability, timeout);
    }

    @Override
    public Future<List<Anomaly>> anomalies(Query wanted) {
        Tuple parameters = Tuple.tuple()
                .addString(wanted.sensorId().orElse(null))
                .addBoolean(wanted.state().map(state -> state == State.OPEN).orElse(null))
                .addString(wanted.severity()
                        .map(severity -> severity.name().toLowerCase(Locale.ROOT))
                        .orElse(null))
                .addOffsetDateTime(optionalTime(wanted.from()))
                .addOffsetDateTime(optionalTime(wanted.to()))
                .addOffsetDateTime(
                        wanted.after().map(cursor -> time(cursor.openedAt())).orElse(null))
                .addUUID(wanted.after().map(Cursor::id).orElse(null))
                .addInteger(wanted.limit());
        return queries.query(ANOMALIES, parameters).map(rows -> {
            List<Anomaly> anomalies = new ArrayList<>();
            rows.forEach(row -> anomalies.add(anomaly(row)));
            return anomalies;
        });
    }

    @Override
    public Future<Optional<Anomaly>> acknowledge(UUID id, Actor actor) {
        Tuple who = Tuple.of(id, actor.name(), actor.role().word(), actor.address(), new JsonObject());
        return queries.query(ACKNOWLEDGE, who)
                .compose(_ -> queries.query(ONE, Tuple.of(id)))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(anomaly(rows.iterator().next())));
    }

    private static Anomaly anomaly(Row row) {
        OffsetDateTime closedAt = row.getOffsetDateTime("closed_at");
        return new Anomaly(
                row.getUUID("anomaly_id"),
                row.getString("sensor_id"),
                row.getString("name"),
                row.getString("rule"),
                row.getInteger("rule_version"),
                Optional.ofNullable(row.getString("condition")),
                row.getString("severity"),
                row.getString("message"),
                micros(row.getOffsetDateTime("opened_at")),
                closedAt == null ? OptionalLong.empty() : OptionalLong.of(micros(closedAt)),
                row.getDouble("value"),
                Optional.ofNullable(row.getString("text")),
                row.getDouble("peak"),
                row.getLong("count"),
                row.getInteger("revision"),
                acknowledgement(row));
    }

    private static Optional<Acknowledgement> acknowledgement(Row row) {
        OffsetDateTime at = row.getOffsetDateTime("acked_at");
        return at == null ? Optional.empty() : Optional.of(new Acknowledgement(row.getString("acked_by"), micros(at)));
    }
}
