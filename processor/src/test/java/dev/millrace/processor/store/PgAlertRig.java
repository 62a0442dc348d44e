package dev.millrace.processor.store;

import dev.millrace.processor.alert.Alert;
import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertQueue;
import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.alert.AlertTiming;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/** A database with alerts, whose time passes when a test says so: all that is stored gets older. */
public final class PgAlertRig implements AutoCloseable {

    /** A limit that no test reaches. */
    public static final int MANY = 100;

    public static final long AT = StoreContract.NOON;
    public static final AlertTiming TIMING = AlertTiming.usual(Duration.ofMinutes(10));
    public static final AlertRoute OPERATIONS = new AlertRoute("operations", Severity.INFO);
    public static final AlertRoute PAGER = new AlertRoute("pager", Severity.CRITICAL);

    private final PgTestDatabase database = new PgTestDatabase();
    private final PgSession session = new PgSession(database.pool(), () -> {});
    private final PgAlerts alerts;

    public PgAlertRig() {
        this(OPERATIONS, PAGER);
    }

    /** @param routes who is told of what */
    public PgAlertRig(AlertRoute... routes) {
        alerts = new PgAlerts(List.of(routes));
    }

    public PgTestDatabase database() {
        return database;
    }

    public PgAlertQueue queue(String owner, AlertRoute route) {
        return new PgAlertQueue(database.pool(), route.destination(), owner, TIMING);
    }

    /** Forgets all that was stored. */
    public void empty() {
        session.close();
        database.query(
                "TRUNCATE sensor, metric, anomaly, alert_outbox, alert_message, alert_delivery, alert_destination");
    }

    /** An anomaly that is open, of the sensor of a number; the same number gives the same anomaly. */
    public UUID anomaly(int number) {
        UUID id = new UUID(0x8000, number);
        database.query("INSERT INTO sensor (sensor_id) VALUES ('s%d') ON CONFLICT DO NOTHING".formatted(number));
        database.query("INSERT INTO metric (name) VALUES ('temperature') ON CONFLICT DO NOTHING");
        database.query("""
                INSERT INTO anomaly (anomaly_id, sensor_key, metric_key, rule, severity, opened_at, value)
                SELECT '%s', sensor_key, metric_key, 'hot', 'warning', to_timestamp(%d), 91.5
                FROM sensor, metric WHERE sensor_id = 's%d' ON CONFLICT (anomaly_id) DO NOTHING
                """.formatted(id, AT / 1_000_000, number));
        return id;
    }

    public void close(int number) {
        database.query("UPDATE anomaly SET closed_at = now() WHERE anomaly_id = '" + anomaly(number) + "'");
    }

    public Alert opened(int number) {
        return opened(number, "hot", Severity.WARNING, MANY);
    }

    public Alert opened(int number, String rule, Severity severity, int mostPerHour) {
        return alert(number, 1, AlertEvent.OPENED, rule, severity, mostPerHour);
    }

    public Alert resolved(int number) {
        return alert(number, 2, AlertEvent.RESOLVED, "hot", Severity.WARNING, MANY);
    }

    public Alert alert(int number, int revision, AlertEvent event, String rule, Severity severity, int mostPerHour) {
        return new Alert(
                anomaly(number),
                revision,
                event,
                rule,
                "above",
                severity,
                "The machine is hot.",
                new SeriesId("s" + number, "temperature"),
                AT,
                91.5,
                Optional.empty(),
                mostPerHour,
                System.currentTimeMillis() * 1_000);
    }

    /** Commits alerts, as a batch of a shard does. */
    public void commit(Alert... committed) {
        commit(List.of(committed));
    }

    public void commit(List<Alert> committed) {
        PgSession.Open transaction = session.begin();
        PgSession.await(alerts.send(transaction, committed));
        transaction.commit();
    }

    public void commitOpened(int count) {
        database.query("""
                INSERT INTO sensor (sensor_id) SELECT 's' || n FROM generate_series(1, %d) n ON CONFLICT DO NOTHING
                """.formatted(count));
        anomaly(1);
        commit(IntStream.rangeClosed(1, count)
                .mapToObj(number -> new Alert(
                        new UUID(0x8000, number),
                        1,
                        AlertEvent.OPENED,
                        "hot",
                        "above",
                        Severity.WARNING,
                        "The machine is hot.",
                        new SeriesId("s" + number, "temperature"),
                        AT + number,
                        91.5,
                        Optional.empty(),
                        MANY,
                        System.currentTimeMillis() * 1_000))
                .toList());
    }

    /** Time passes. */
    public void pass(Duration time) {
        String past = " - interval '" + time.toMillis() + " milliseconds'";
        older("alert_outbox", past, "arrived_at", "created_at");
        older("alert_message", past, "next_attempt_at", "expires_at", "created_at", "ended_at");
        older("alert_delivery", past, "created_at");
        older("alert_destination", past, "claimed_until", "not_before");
    }

    private void older(String table, String past, String... columns) {
        for (String column : columns) {
            database.query("UPDATE " + table + " SET " + column + " = " + column + past);
        }
    }

    /** Time until what waits is told. */
    public void passGroupWait() {
        pass(TIMING.groupWait().plusSeconds(1));
    }

    public long count(String from) {
        return database.count(from);
    }

    /** What to do next must be to tell something. */
    public static AlertQueue.Send send(AlertQueue queue) {
        AlertQueue.Step step = queue.next();
        if (step instanceof AlertQueue.Send send) {
            return send;
        }
        throw new AssertionError("nothing to tell: " + step);
    }

    @Override
    public void close() {
        session.close();
        database.close();
    }
}
