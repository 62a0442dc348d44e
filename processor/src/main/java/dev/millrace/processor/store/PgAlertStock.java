package dev.millrace.processor.store;

import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.alert.AlertStock;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** All alerts in PostgreSQL. */
public final class PgAlertStock implements AlertStock {

    private static final String WAITING = """
            SELECT destination, count(*), extract(epoch FROM now() - min(created_at))::float8 FROM (
                SELECT destination, created_at FROM alert_delivery WHERE destination = ANY ($1) AND state = 'pending'
                UNION ALL
                SELECT m.destination, d.created_at FROM alert_message m JOIN alert_delivery d USING (message_id)
                WHERE m.destination = ANY ($1) AND m.state = 'pending') AS waiting
            GROUP BY destination
            """;

    private static final String DEAD = """
            SELECT destination, count(*) FROM alert_message WHERE destination = ANY ($1) AND state = 'dead' GROUP BY destination
            """;

    /**
     * An alert goes with all its deliveries, seven days after the last of them; thirty, where one was given up, or is for somebody who is
     * told nothing any more. An opening stays for as long as its anomaly has an end to be told.
     */
    private static final String DELETE_ALERTS = """
            DELETE FROM alert_outbox WHERE alert_id IN (
                SELECT a.alert_id FROM alert_outbox a
                WHERE a.created_at < now() - interval '7 days'
                    AND NOT EXISTS (SELECT FROM anomaly n WHERE n.anomaly_id = a.anomaly_id AND n.closed_at IS NULL)
                    AND NOT EXISTS (SELECT FROM alert_outbox later
                        WHERE later.anomaly_id = a.anomaly_id AND later.created_at >= now() - interval '7 days')
                    AND NOT EXISTS (SELECT FROM alert_delivery d LEFT JOIN alert_message m USING (message_id)
                        WHERE d.alert_id = a.alert_id AND coalesce(m.ended_at, d.created_at) >= now() - CASE
                            WHEN d.state = 'over' OR m.state IN ('sent', 'over') THEN interval '7 days' ELSE interval '30 days' END)
                LIMIT 10000)
            """;

    private static final String DELETE_MESSAGES = """
            DELETE FROM alert_message WHERE message_id IN (
                SELECT m.message_id FROM alert_message m
                WHERE m.created_at < now() - interval '7 days'
                    AND NOT EXISTS (SELECT FROM alert_delivery d WHERE d.message_id = m.message_id)
                LIMIT 10000)
            """;

    /** Each in a transaction of its own, so that none holds its locks for long; what is left goes next time. */
    private static final int MOST_STATEMENTS = 20;

    private final PgSession session;
    private final String[] destinations;

    /** @param routes who this process tells: what waits for others waits for nobody */
    public PgAlertStock(Pool pool, List<AlertRoute> routes) {
        this.session = new PgSession(pool, () -> {});
        this.destinations = routes.stream().map(AlertRoute::destination).toArray(String[]::new);
    }

    @Override
    public Answer look() {
        return given(() -> {
            Tuple of = Tuple.tuple().addArrayOfString(destinations);
            Map<String, Waiting> waiting = new HashMap<>();
            for (Row row : session.query(WAITING, of)) {
                waiting.put(row.getString(0), new Waiting(row.getLong(1), row.getDouble(2)));
            }
            Map<String, Long> dead = new HashMap<>();
            for (Row row : session.query(DEAD, of)) {
                dead.put(row.getString(0), row.getLong(1));
            }
            return new Looked(waiting, dead);
        });
    }

    @Override
    public Answer clean() {
        return given(() -> {
            long alerts = 0;
            int deleted = 1;
            for (int i = 0; i < MOST_STATEMENTS && deleted > 0; i++) {
                deleted = session.query(DELETE_ALERTS, Tuple.tuple()).rowCount();
                alerts += deleted;
            }
            session.query(DELETE_MESSAGES, Tuple.tuple());
            return new Cleaned(alerts);
        });
    }

    private Answer given(Supplier<Answer> question) {
        return switch (session.load(question)) {
            case Loaded.Found<Answer>(Answer answer) -> {
                session.close();
                yield answer;
            }
            case Loaded.Unavailable<Answer>(String reason) -> new Away(reason);
        };
    }

    @Override
    public void close() {
        session.close();
    }
}
