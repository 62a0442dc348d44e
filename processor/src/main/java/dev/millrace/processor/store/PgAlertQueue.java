package dev.millrace.processor.store;

import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertMessage;
import dev.millrace.processor.alert.AlertPlan;
import dev.millrace.processor.alert.AlertQueue;
import dev.millrace.processor.alert.AlertTiming;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One destination's alerts in PostgreSQL. Who plans holds the destination's row, so that one process plans at a time; who got a message
 * holds the claim on it until it says what became of it, or for as long as {@link AlertTiming#claim}.
 */
public final class PgAlertQueue implements AlertQueue {

    /** When there is nothing to look for: the caller asks again sooner, if it likes. */
    private static final long IDLE_MILLIS = 60_000;

    private static final String HAS_SOME = """
            SELECT EXISTS (SELECT FROM alert_delivery WHERE destination = $1 AND state = 'pending')
                OR EXISTS (SELECT FROM alert_message WHERE destination = $1 AND state = 'pending')
            """;

    private static final String ADD = "INSERT INTO alert_destination (destination) VALUES ($1) ON CONFLICT DO NOTHING";

    /** Whoever finds it locked has nothing to do: another process plans. */
    private static final String HOLD = """
            SELECT greatest(not_before, CASE WHEN owner = $2 THEN '-infinity' ELSE claimed_until END) <= now(), now(), failures
            FROM alert_destination WHERE destination = $1 FOR UPDATE SKIP LOCKED
            """;

    private static final String WAITING = """
            SELECT rule, event, min(created_at), min(most_per_hour) FROM alert_delivery
            WHERE destination = $1 AND state = 'pending' GROUP BY rule, event
            """;

    private static final String UNSENT = """
            SELECT message_id, rule, next_attempt_at FROM alert_message WHERE destination = $1 AND state = 'pending'
            """;

    private static final String MADE = """
            SELECT rule, event, created_at FROM alert_message
            WHERE destination = $1 AND created_at > now() - interval '1 hour'
            """;

    /** An opening that arrived long ago and is over, or a closing of which no opening was told, or can be any more. */
    private static final String OVER = """
            UPDATE alert_delivery d SET state = 'over' FROM alert_outbox a
            WHERE d.destination = $1 AND d.rule = $2 AND d.event = $3 AND d.state = 'pending' AND a.alert_id = d.alert_id
                AND CASE d.event
                    WHEN 'opened' THEN a.arrived_at < now() - $4 * interval '1 millisecond'
                        AND EXISTS (SELECT FROM anomaly n WHERE n.anomaly_id = a.anomaly_id AND n.closed_at IS NOT NULL)
                    ELSE NOT EXISTS (SELECT FROM alert_outbox oa JOIN alert_delivery o USING (alert_id)
                            LEFT JOIN alert_message m USING (message_id)
                        WHERE oa.anomaly_id = a.anomaly_id AND oa.event = 'opened' AND o.destination = $1
                            AND (o.state = 'pending' OR m.state <> 'dead'))
                    END
            """;

    /**
     * All that waits, but for closings whose opening waits too. The limit keeps one statement short of its time-out; what is above it
     * is the next message.
     */
    private static final String GROUP = """
            WITH taken AS (
                SELECT d.alert_id, d.created_at FROM alert_delivery d JOIN alert_outbox a USING (alert_id)
                WHERE d.destination = $1 AND d.rule = $2 AND d.event = $3 AND d.state = 'pending'
                    AND (d.event = 'opened' OR NOT EXISTS (SELECT FROM alert_outbox oa JOIN alert_delivery o USING (alert_id)
                        WHERE oa.anomaly_id = a.anomaly_id AND oa.event = 'opened'
                            AND o.destination = $1 AND o.state = 'pending'))
                ORDER BY d.created_at LIMIT 100000),
            message AS (
                INSERT INTO alert_message (message_id, destination, rule, event, alerts, expires_at)
                SELECT gen_random_uuid(), $1, $2, $3, count(*), greatest(
                    min(created_at) + $4 * interval '1 millisecond', now() + $5 * interval '1 millisecond')
                FROM taken HAVING count(*) > 0
                RETURNING message_id),
            grouped AS (
                UPDATE alert_delivery d SET state = 'grouped', message_id = m.message_id
                FROM taken t, message m WHERE d.alert_id = t.alert_id AND d.destination = $1)
            SELECT message_id FROM message
            """;

    /**
     * A message of openings that was told in vain until all of it had come long ago and was over. Its closings are told nevertheless: that
     * an attempt failed does not say that nobody has it.
     */
    private static final String STALE = """
            UPDATE alert_message m SET state = 'over', ended_at = now()
            WHERE m.message_id = $1 AND m.state = 'pending' AND m.event = 'opened' AND NOT EXISTS (
                SELECT FROM alert_delivery d JOIN alert_outbox a USING (alert_id) LEFT JOIN anomaly n USING (anomaly_id)
                WHERE d.message_id = m.message_id
                    AND (n.closed_at IS NULL OR a.arrived_at >= now() - $2 * interval '1 millisecond'))
            RETURNING alerts
            """;

    private static final String CLAIM = """
            UPDATE alert_destination SET owner = $2, claimed_until = now() + $3 * interval '1 millisecond'
            WHERE destination = $1
            """;

    private static final String SENT = """
            UPDATE alert_message SET state = 'sent', attempts = attempts + 1, failure = '', ended_at = now()
            WHERE message_id = $1 AND state <> 'sent'
            """;

    private static final String NOT_SENT = """
            UPDATE alert_message SET attempts = attempts + 1, failure = $2,
                next_attempt_at = now() + $3 * interval '1 millisecond',
                state = CASE WHEN expires_at <= now() THEN 'dead' ELSE 'pending' END,
                ended_at = CASE WHEN expires_at <= now() THEN now() END
            WHERE message_id = $1 AND state = 'pending'
            RETURNING state
            """;

    /** No row: the time of the claim was over, and another has it. */
    private static final String END_CLAIM = """
            UPDATE alert_destination SET claimed_until = '-infinity',
                failures = CASE WHEN $3 THEN failures + 1 ELSE 0 END,
                not_before = CASE WHEN $3 THEN now() + $4 * interval '1 millisecond' ELSE '-infinity' END
            WHERE destination = $1 AND owner = $2 AND claimed_until > '-infinity'
            """;

    private final PgSession session;
    private final String destination;
    private final String owner;
    private final AlertTiming timing;
    private boolean added;

    /** @param owner this process and no other, before or after it */
    public PgAlertQueue(Pool pool, String destination, String owner, AlertTiming timing) {
        this.session = new PgSession(pool, () -> {});
        this.destination = destination;
        this.owner = owner;
        this.timing = timing;
    }

    @Override
    public Step next() {
        return given(this::look, Away::new);
    }

    @Override
    public Settled settle(AlertMessage message, Result result) {
        return given(() -> write(message.deliveryId(), result), Away::new);
    }

    /** Between two uses it has no connection: a destination may take ten seconds, and there may be many. */
    private <T> T given(Supplier<T> question, Function<String, ? extends T> away) {
        return switch (session.load(question)) {
            case Loaded.Found<T>(T value) -> {
                session.close();
                yield value;
            }
            case Loaded.Unavailable<T>(String reason) -> away.apply(reason);
        };
    }

    private Step look() {
        if (!first(session.query(HAS_SOME, Tuple.of(destination))).getBoolean(0)) {
            return new Wait(IDLE_MILLIS);
        }
        if (!added) {
            session.query(ADD, Tuple.of(destination));
            added = true;
        }
        PgSession.Open transaction = session.begin();
        Step step = plan(transaction);
        transaction.commit();
        return step;
    }

    private Step plan(PgSession.Open transaction) {
        RowSet<Row> held = transaction.query(HOLD, Tuple.of(destination, owner));
        if (held.size() == 0 || !first(held).getBoolean(0)) {
            return new Wait(IDLE_MILLIS);
        }
        long now = PgTime.micros(first(held).getOffsetDateTime(1));
        int failures = first(held).getInteger(2);
        AlertPlan plan = AlertPlan.of(now, timing, waiting(transaction), unsent(transaction), made(transaction));
        for (AlertPlan.Candidate candidate : plan.candidates()) {
            Optional<Step> step =
                    switch (candidate) {
                        case AlertPlan.Again(UUID messageId) -> Optional.of(again(transaction, messageId, failures));
                        case AlertPlan.Group group -> group(transaction, group, failures);
                    };
            if (step.isPresent()) {
                return step.get();
            }
        }
        return new Wait(
                plan.nextAt() == Long.MAX_VALUE
                        ? IDLE_MILLIS
                        : Math.min(IDLE_MILLIS, TimeUnit.MICROSECONDS.toMillis(plan.nextAt() - now) + 1));
    }

    private List<AlertPlan.Waiting> waiting(PgSession.Open transaction) {
        List<AlertPlan.Waiting> waiting = new ArrayList<>();
        for (Row row : transaction.query(WAITING, Tuple.of(destination))) {
            waiting.add(new AlertPlan.Waiting(
                    row.getString(0),
                    AlertEvent.of(row.getString(1)),
                    PgTime.micros(row.getOffsetDateTime(2)),
                    row.getInteger(3)));
        }
        return waiting;
    }

    private List<AlertPlan.Unsent> unsent(PgSession.Open transaction) {
        List<AlertPlan.Unsent> unsent = new ArrayList<>();
        for (Row row : transaction.query(UNSENT, Tuple.of(destination))) {
            unsent.add(new AlertPlan.Unsent(row.getUUID(0), row.getString(1), PgTime.micros(row.getOffsetDateTime(2))));
        }
        return unsent;
    }

    private List<AlertPlan.Made> made(PgSession.Open transaction) {
        List<AlertPlan.Made> made = new ArrayList<>();
        for (Row row : transaction.query(MADE, Tuple.of(destination))) {
            made.add(new AlertPlan.Made(
                    row.getString(0), AlertEvent.of(row.getString(1)), PgTime.micros(row.getOffsetDateTime(2))));
        }
        return made;
    }

    private Step again(PgSession.Open transaction, UUID messageId, int failures) {
        RowSet<Row> stale =
                transaction.query(STALE, Tuple.of(messageId, timing.maxAge().toMillis()));
        return stale.size() == 0
                ? claim(transaction, messageId, failures)
                : new Suppressed(AlertEvent.OPENED, first(stale).getInteger(0));
    }

    /** Empty where all of it waits for something else. */
    private Optional<Step> group(PgSession.Open transaction, AlertPlan.Group group, int failures) {
        int over = transaction
                .query(OVER, key(group).addLong(timing.maxAge().toMillis()))
                .rowCount();
        if (over > 0) {
            return Optional.of(new Suppressed(group.event(), over));
        }
        Tuple arguments = key(group)
                .addLong(timing.deadAfter().toMillis())
                .addLong(timing.leastTried().toMillis());
        RowSet<Row> message = transaction.query(GROUP, arguments);
        return message.size() == 0
                ? Optional.empty()
                : Optional.of(claim(transaction, first(message).getUUID(0), failures));
    }

    private Tuple key(AlertPlan.Group group) {
        return Tuple.tuple()
                .addString(destination)
                .addString(group.rule())
                .addString(group.event().text());
    }

    private Send claim(PgSession.Open transaction, UUID messageId, int failures) {
        transaction.query(CLAIM, Tuple.of(destination, owner, timing.claim().toMillis()));
        return PgAlertMessages.load(transaction, messageId, failures);
    }

    private Settled write(UUID messageId, Result result) {
        PgSession.Open transaction = session.begin();
        Settled settled =
                switch (result) {
                    case Delivered _ -> {
                        transaction.query(SENT, Tuple.of(messageId));
                        endClaim(transaction, false, 0);
                        yield new Noted();
                    }
                    case RetryMessage(String reason, long delayMillis) ->
                        endClaim(transaction, false, 0)
                                ? notSent(transaction, messageId, reason, delayMillis)
                                : new Noted();
                    case RetryDestination(String reason, long delayMillis, long messageDelayMillis) ->
                        endClaim(transaction, true, delayMillis)
                                ? notSent(transaction, messageId, reason, messageDelayMillis)
                                : new Noted();
                };
        transaction.commit();
        return settled;
    }

    private boolean endClaim(PgSession.Open transaction, boolean failed, long delayMillis) {
        return transaction
                        .query(END_CLAIM, Tuple.of(destination, owner, failed, delayMillis))
                        .rowCount()
                == 1;
    }

    private static Settled notSent(PgSession.Open transaction, UUID messageId, String reason, long delayMillis) {
        RowSet<Row> written = transaction.query(NOT_SENT, Tuple.of(messageId, reason, delayMillis));
        return written.size() == 1 && first(written).getString(0).equals("dead") ? new GivenUp() : new Noted();
    }

    private static Row first(RowSet<Row> rows) {
        return rows.iterator().next();
    }

    @Override
    public void close() {
        session.close();
    }
}
