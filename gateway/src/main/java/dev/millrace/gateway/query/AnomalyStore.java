package dev.millrace.gateway.query;

import dev.millrace.gateway.auth.Actor;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The anomalies that the processor has found. Times are microseconds since 1970. A future fails with {@link StoreUnavailable} while
 * the store cannot answer; any other failure is a defect.
 */
public interface AnomalyStore {

    /** A place in the list of anomalies, which is ordered by time and id, newest first. */
    record Cursor(long openedAt, UUID id) {}

    /** Whether an anomaly goes on. */
    enum State {
        OPEN,
        CLOSED
    }

    /** How bad an anomaly is. */
    enum Severity {
        INFO,
        WARNING,
        CRITICAL
    }

    /**
     * Which anomalies; what is empty does not restrict.
     *
     * @param from the earliest opening, included
     * @param to the latest opening, not included
     * @param after those behind this one
     */
    record Query(
            Optional<String> sensorId,
            Optional<State> state,
            Optional<Severity> severity,
            OptionalLong from,
            OptionalLong to,
            Optional<Cursor> after,
            int limit) {}

    /** Who has acknowledged an anomaly, and when. */
    record Acknowledgement(String by, long at) {}

    /**
     * An anomaly.
     *
     * @param rule the name of the rule that found it, of {@code ruleVersion} of the rules
     * @param condition which of the rule's conditions: {@code above}, {@code silent} and so on; empty: found before rules had several
     * @param value the number that opened it; empty where no number did
     * @param text the state that opened it; empty where a number did
     * @param peak the worst so far, in the measure of the condition: a value, a rate, seconds, a distance, a score
     * @param count how many readings breached it; while it is open, a little behind
     * @param revision rises with what becomes of it
     */
    record Anomaly(
            UUID id,
            String sensorId,
            String metric,
            String rule,
            int ruleVersion,
            Optional<String> condition,
            String severity,
            String message,
            long openedAt,
            OptionalLong closedAt,
            double value,
            Optional<String> text,
            double peak,
            long count,
            int revision,
            Optional<Acknowledgement> acknowledgement) {}

    /** The anomalies that match, newest first. */
    Future<List<Anomaly>> anomalies(Query query);

    /**
     * Acknowledges an anomaly, open or closed: somebody sees to it. Who was first stays, whoever comes after.
     *
     * @return the anomaly as it is then; empty where there is none of this id
     */
    Future<Optional<Anomaly>> acknowledge(UUID id, Actor actor);
}
