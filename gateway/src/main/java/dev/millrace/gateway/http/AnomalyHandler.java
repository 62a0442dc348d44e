package dev.millrace.gateway.http;

import dev.millrace.core.reading.Names;
import dev.millrace.gateway.http.QueryParameters.BadParameter;
import dev.millrace.gateway.query.AnomalyStore;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** {@code /anomalies}: what was found, and who sees to it. */
final class AnomalyHandler {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1_000;

    private static final Problem UNKNOWN_ANOMALY =
            Problem.of(Problem.Code.NOT_FOUND, "There is no anomaly of this id.");

    private final AnomalyStore store;

    AnomalyHandler(AnomalyStore store) {
        this.store = store;
    }

    /** {@code GET /anomalies?sensorId=&state=&severity=&from=&to=&after=&limit=}. */
    void anomalies(Exchange exchange) {
        try {
            QueryParameters parameters =
                    exchange.parameters(Set.of("sensorId", "state", "severity", "from", "to", "after", "limit"));
            parameters.checkRange("from", "to");
            Optional<String> sensorId = parameters.text("sensorId");
            if (sensorId.isPresent() && !Names.isSensorId(sensorId.get())) {
                throw new BadParameter("The parameter sensorId must be the id of a sensor.");
            }
            AnomalyStore.Query query = new AnomalyStore.Query(
                    sensorId,
                    parameters.choice("state", AnomalyStore.State.class),
                    parameters.choice("severity", AnomalyStore.Severity.class),
                    parameters.time("from"),
                    parameters.time("to"),
                    parameters.parsed("after", QueryJson::parseCursor),
                    parameters.limit(DEFAULT_LIMIT, MAX_LIMIT));
            exchange.answer(
                    store.anomalies(query).map(found -> Optional.of(QueryJson.anomalies(found, query.limit()))),
                    UNKNOWN_ANOMALY);
        } catch (BadParameter e) {
            exchange.malformed(e);
        }
    }

    /** {@code POST /anomalies/{id}/ack}: answers with the anomaly. Again is the same: who was first stays. */
    void acknowledge(Exchange exchange) {
        Optional<UUID> id = exchange.pathUuid("id");
        if (id.isEmpty()) {
            exchange.problem(UNKNOWN_ANOMALY);
            return;
        }
        try {
            exchange.parameters(Set.of());
        } catch (BadParameter e) {
            exchange.malformed(e);
            return;
        }
        exchange.answer(
                store.acknowledge(id.get(), exchange.actor()).map(found -> found.map(QueryJson::anomaly)),
                UNKNOWN_ANOMALY);
    }
}
