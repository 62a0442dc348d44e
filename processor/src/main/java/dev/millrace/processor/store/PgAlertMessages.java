package dev.millrace.processor.store;

import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertMessage;
import dev.millrace.processor.alert.AlertQueue;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What a message says, read from the alerts that are in it: they never change, so each attempt says the same. */
final class PgAlertMessages {

    private static final String WHOLE = """
            SELECT m.rule, m.event, m.alerts, m.attempts,
                (array_agg(a.severity ORDER BY array_position($2::text[], a.severity) DESC))[1],
                min(least(a.at, n.opened_at))
            FROM alert_message m JOIN alert_delivery d USING (message_id) JOIN alert_outbox a USING (alert_id)
                LEFT JOIN anomaly n USING (anomaly_id)
            WHERE m.message_id = $1 GROUP BY m.message_id
            """;

    /** In an order that does not change. */
    private static final String LISTED = """
            SELECT a.anomaly_id, a.revision, a.condition, s.sensor_id, m.name, a.value, a.text, a.at, a.message
            FROM alert_delivery d JOIN alert_outbox a USING (alert_id) JOIN sensor s USING (sensor_key)
                JOIN metric m USING (metric_key)
            WHERE d.message_id = $1 ORDER BY a.at, a.anomaly_id, a.revision LIMIT $2
            """;

    private PgAlertMessages() {}

    static AlertQueue.Send load(PgSession.Open transaction, UUID messageId, int failures) {
        Tuple arguments = Tuple.tuple().addUUID(messageId).addArrayOfString(PgAlerts.severities());
        Row whole = transaction.query(WHOLE, arguments).iterator().next();
        List<AlertMessage.Item> listed = new ArrayList<>();
        String message = "";
        for (Row row : transaction.query(LISTED, Tuple.of(messageId, AlertMessage.MOST_LISTED))) {
            if (listed.isEmpty()) {
                message = row.getString(8);
            }
            listed.add(new AlertMessage.Item(
                    row.getUUID(0),
                    row.getInteger(1),
                    row.getString(2),
                    new SeriesId(row.getString(3), row.getString(4)),
                    row.getDouble(5),
                    Optional.ofNullable(row.getString(6)),
                    PgTime.micros(row.getOffsetDateTime(7))));
        }
        AlertMessage read = new AlertMessage(
                messageId,
                AlertEvent.of(whole.getString(1)),
                whole.getString(0),
                listed.getFirst().condition(),
                Severity.parse(whole.getString(4)).orElseThrow(),
                message,
                whole.getInteger(2),
                PgTime.micros(whole.getOffsetDateTime(5)),
                listed);
        return new AlertQueue.Send(read, whole.getInteger(3), failures);
    }
}
