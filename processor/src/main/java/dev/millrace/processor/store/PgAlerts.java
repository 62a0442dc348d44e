package dev.millrace.processor.store;

import dev.millrace.processor.alert.Alert;
import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.anomaly.Severity;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The statement that puts alerts into the outbox, in the transaction of the anomalies that they tell of. An alert that is there already
 * stays as it is, and is told nobody again.
 */
public final class PgAlerts {

    /** A sensor or metric that is not there is refused as a null: an alert that nobody could name must not pass for one that was told. */
    private static final String INSERT = """
            WITH fresh AS (
                INSERT INTO alert_outbox (alert_id, anomaly_id, revision, event, rule, condition, severity, message,
                    sensor_key, metric_key, at, value, text, most_per_hour, arrived_at)
                SELECT a.alert_id, a.anomaly_id, a.revision, a.event, a.rule, a.condition, a.severity, a.message,
                    (SELECT sensor_key FROM sensor s WHERE s.sensor_id = a.sensor_id),
                    (SELECT metric_key FROM metric m WHERE m.name = a.metric),
                    a.at, a.value, a.text, a.most_per_hour, a.arrived_at
                FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::timestamptz[], $12::float8[], $13::text[], $14::int[], $15::timestamptz[])
                    AS a (alert_id, anomaly_id, revision, event, rule, condition, severity, message,
                        sensor_id, metric, at, value, text, most_per_hour, arrived_at)
                ON CONFLICT DO NOTHING
                RETURNING alert_id, rule, event, severity, most_per_hour)
            INSERT INTO alert_delivery (alert_id, destination, rule, event, most_per_hour)
            SELECT f.alert_id, r.destination, f.rule, f.event, f.most_per_hour
            FROM fresh f JOIN unnest($16::text[], $17::text[]) AS r (destination, least)
                ON array_position($18::text[], f.severity) >= array_position($18::text[], r.least)
            WHERE f.most_per_hour > 0
            """;

    private final String[] destinations;
    private final String[] least;

    /** @param routes who is told of what, from now on */
    public PgAlerts(List<AlertRoute> routes) {
        destinations = routes.stream().map(AlertRoute::destination).toArray(String[]::new);
        least = routes.stream().map(route -> route.minSeverity().text()).toArray(String[]::new);
    }

    /** From the least to the most, for those who compare them where they are texts. */
    static String[] severities() {
        return Stream.of(Severity.values()).map(Severity::text).toArray(String[]::new);
    }

    /** Sends the statement, without waiting; the sensors and metrics must be there, or come before it in the transaction. */
    Future<RowSet<Row>> send(PgSession.Open transaction, List<Alert> alerts) {
        int count = alerts.size();
        UUID[] ids = new UUID[count];
        UUID[] anomalies = new UUID[count];
        Integer[] revisions = new Integer[count];
        String[] events = new String[count];
        String[] rules = new String[count];
        String[] conditions = new String[count];
        String[] severities = new String[count];
        String[] messages = new String[count];
        String[] sensors = new String[count];
        String[] metrics = new String[count];
        OffsetDateTime[] at = new OffsetDateTime[count];
        Double[] values = new Double[count];
        @Nullable String[] texts = new String[count];
        Integer[] most = new Integer[count];
        OffsetDateTime[] arrived = new OffsetDateTime[count];
        for (int i = 0; i < count; i++) {
            Alert alert = alerts.get(i);
            ids[i] = alert.id();
            anomalies[i] = alert.anomalyId();
            revisions[i] = alert.revision();
            events[i] = alert.event().text();
            rules[i] = alert.rule();
            conditions[i] = alert.condition();
            severities[i] = alert.severity().text();
            messages[i] = alert.message();
            sensors[i] = alert.series().sensorId();
            metrics[i] = alert.series().metric();
            at[i] = PgTime.of(alert.at());
            values[i] = alert.value();
            texts[i] = alert.text().orElse(null);
            most[i] = alert.mostPerHour();
            arrived[i] = PgTime.of(alert.arrivedAt());
        }
        return transaction.send(INSERT, Tuple.wrap(new Object[] {
            ids,
            anomalies,
            revisions,
            events,
            rules,
            conditions,
            severities,
            messages,
            sensors,
            metrics,
            at,
            values,
            texts,
            most,
            arrived,
            destinations,
            least,
            severities()
        }));
    }
}
