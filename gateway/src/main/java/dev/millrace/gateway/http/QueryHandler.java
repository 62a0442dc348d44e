package dev.millrace.gateway.http;

import dev.millrace.core.reading.Names;
import dev.millrace.gateway.http.QueryParameters.BadParameter;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import dev.millrace.gateway.query.SensorStore.ReadingsQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The query API: latest values and history. */
final class QueryHandler {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1_000;
    private static final int MAX_READINGS = 10_000;

    private static final Problem UNKNOWN_SENSOR =
            Problem.of(Problem.Code.NOT_FOUND, "No reading of this sensor was ever stored.");

    private final LatestQuery latest;
    private final SensorStore store;

    QueryHandler(LatestQuery latest, SensorStore store) {
        this.latest = latest;
        this.store = store;
    }

    /** {@code GET /sensors?after=&limit=}. */
    void sensors(Exchange exchange) {
        try {
            QueryParameters parameters = exchange.parameters(Set.of("after", "limit"));
            int limit = parameters.limit(DEFAULT_LIMIT, MAX_LIMIT);
            String after = parameters.text("after").orElse("");
            if (!after.isEmpty() && !Names.isSensorId(after)) {
                throw new BadParameter("The parameter after must be the id of a sensor.");
            }
            exchange.answer(
                    store.sensorIds(after, limit + 1).compose(ids -> {
                        List<String> page = ids.subList(0, Math.min(limit, ids.size()));
                        return latest.latest(page).map(values -> sensorsJson(ids, page, values));
                    }),
                    UNKNOWN_SENSOR);
        } catch (BadParameter e) {
            exchange.malformed(e);
        }
    }

    private static Optional<String> sensorsJson(List<String> ids, List<String> page, Map<String, LatestValues> values) {
        List<LatestValues> known = new ArrayList<>();
        for (String id : page) {
            // a sensor's first reading may not be committed yet, while its key is
            Optional.ofNullable(values.get(id)).ifPresent(known::add);
        }
        Optional<String> next = ids.size() > page.size() ? Optional.of(page.getLast()) : Optional.empty();
        return Optional.of(QueryJson.sensors(known, next));
    }

    /** {@code GET /sensors/{id}}. */
    void sensor(Exchange exchange) {
        String id = Objects.requireNonNull(exchange.context().pathParam("id"));
        if (!Names.isSensorId(id)) {
            exchange.problem(UNKNOWN_SENSOR);
            return;
        }
        try {
            exchange.parameters(Set.of());
        } catch (BadParameter e) {
            exchange.malformed(e);
            return;
        }
        exchange.answer(
                latest.latest(List.of(id))
                        .map(values -> Optional.ofNullable(values.get(id)).map(QueryJson::sensor)),
                UNKNOWN_SENSOR);
    }

    /** {@code GET /sensors/{id}/readings?metric=&from=&to=&limit=}. */
    void readings(Exchange exchange) {
        String id = Objects.requireNonNull(exchange.context().pathParam("id"));
        try {
            QueryParameters parameters = exchange.parameters(Set.of("metric", "from", "to", "limit"));
            parameters.checkRange("from", "to");
            ReadingsQuery query = new ReadingsQuery(
                    id,
                    parameters.text("metric"),
                    parameters.time("from"),
                    parameters.time("to"),
                    parameters.limit(MAX_LIMIT, MAX_READINGS));
            if (!Names.isSensorId(id)) {
                exchange.problem(UNKNOWN_SENSOR);
                return;
            }
            if (query.metric().isPresent()
                    && !Names.isMeasurement(query.metric().get())) {
                throw new BadParameter("The parameter metric must be the name of a measurement.");
            }
            exchange.answer(
                    store.readings(query).map(found -> found.map(page -> QueryJson.readings(id, page))),
                    UNKNOWN_SENSOR);
        } catch (BadParameter e) {
            exchange.malformed(e);
        }
    }
}
