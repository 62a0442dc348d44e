package dev.millrace.processor.store;

import dev.millrace.processor.alert.Alert;
import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.detect.Anomaly;
import dev.millrace.processor.anomaly.detect.Course;
import dev.millrace.processor.anomaly.detect.Detection;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
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
            """;

    /** To whom the fresh ones go; the numbers of the arguments follow those of what comes before. */
    private static final String DELIVER = """
            INSERT INTO alert_delivery (alert_id, destination, rule, event, most_per_hour)
            SELECT f.alert_id, r.destination, f.rule, f.event, f.most_per_hour
            FROM fresh f JOIN unnest($%1$d::text[], $%2$d::text[]) AS r (destination, least)
                ON array_position($%3$d::text[], f.severity) >= array_position($%3$d::text[], r.least)
            WHERE f.most_per_hour > 0
            """;

    /** Of an anomaly whose opening is there: what is told of its end is what was told of that, but for the time. */
    private static final String INSERT_ENDS = """
            WITH fresh AS (
                INSERT INTO alert_outbox (alert_id, anomaly_id, revision, event, rule, condition, severity, message,
                    sensor_key, metric_key, at, value, text, most_per_hour, arrived_at)
                SELECT e.alert_id, o.anomaly_id, e.revision, 'resolved', o.rule, o.condition, o.severity, o.message,
                    o.sensor_key, o.metric_key, e.at, o.value, o.text, o.most_per_hour, e.arrived_at
                FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::timestamptz[])
                    AS e (alert_id, anomaly_id, revision, at, arrived_at)
                JOIN alert_outbox o ON o.anomaly_id = e.anomaly_id AND o.event = 'opened'
                ON CONFLICT DO NOTHING
                RETURNING alert_id, rule, event, severity, most_per_hour)
            """;

    private static final int FIRST_REVISION = 1;

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

    /**
     * Tells of what has become of anomalies in this transaction, which are stored by now, and in none before.
     *
     * @return what was sent, to be waited for
     */
    List<Future<RowSet<Row>>> tell(PgSession.Open transaction, PgAnomalies.Stored stored) {
        List<Alert> alerts = new ArrayList<>();
        for (Detection.Opened opened : stored.opened()) {
            Anomaly anomaly = opened.anomaly();
            alerts.add(alert(anomaly, FIRST_REVISION, AlertEvent.OPENED, anomaly.openedAt(), anomaly.arrivedAt()));
            Course course = opened.course();
            course.closedAt()
                    .ifPresent(closedAt -> alerts.add(
                            alert(anomaly, course.revision(), AlertEvent.RESOLVED, closedAt, course.arrivedAt())));
        }
        List<Future<RowSet<Row>>> sent = new ArrayList<>(2);
        if (!alerts.isEmpty()) {
            sent.add(send(transaction, alerts));
        }
        if (!stored.closed().isEmpty()) {
            sent.add(sendEnds(transaction, stored.closed()));
        }
        return sent;
    }

    private static Alert alert(Anomaly anomaly, int revision, AlertEvent event, long at, long arrivedAt) {
        return new Alert(
                anomaly.id(),
                revision,
                event,
                anomaly.rule(),
                anomaly.condition().text(),
                anomaly.severity(),
                anomaly.message(),
                anomaly.series(),
                at,
                anomaly.value(),
                anomaly.text(),
                anomaly.mostPerHour(),
                arrivedAt);
    }

    private Future<RowSet<Row>> sendEnds(PgSession.Open transaction, List<PgAnomalies.End> closed) {
        return transaction.send(INSERT_ENDS + DELIVER.formatted(6, 7, 8), Tuple.wrap(new Object[] {
            closed.stream().map(end -> Alert.idOf(end.id(), end.revision())).toArray(UUID[]::new),
            closed.stream().map(PgAnomalies.End::id).toArray(UUID[]::new),
            closed.stream().map(PgAnomalies.End::revision).toArray(Integer[]::new),
            closed.stream().map(end -> PgTime.of(end.at())).toArray(OffsetDateTime[]::new),
            closed.stream().map(end -> PgTime.of(end.arrivedAt())).toArray(OffsetDateTime[]::new),
            destinations,
            least,
            severities()
        }));
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
        return transaction.send(INSERT + DELIVER.formatted(16, 17, 18), Tuple.wrap(new Object[] {
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
