package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.core.reading.Rfc3339;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The query API over what was posted, from the latest values in Redis and without them. */
class QueryIT {

    private static final String T0 = "2025-12-04T12:00:00Z";
    private static final String T1 = "2025-12-04T12:00:01Z";
    private static final String T2 = "2025-12-04T12:00:02Z";
    private static final String T3 = "2025-12-04T12:00:03Z";

    /** Half a millisecond later. */
    private static final String T4 = Rfc3339.format(Load.START + 3_000_500);

    /** Numbers, states, and {@code mode} as both. */
    private static final String PRESS_1 = """
            [{"sensorId": "press-1", "timestamp": "%s", "temperature": 60, "status": "RUNNING", "mode": 1},
             {"sensorId": "press-1", "timestamp": "%s", "temperature": 95, "pressure": 9},
             {"sensorId": "press-1", "timestamp": "%s", "temperature": 80, "mode": "AUTO"},
             {"sensorId": "press-1", "timestamp": "%s", "temperature": 96},
             {"sensorId": "press-1", "timestamp": "%s", "vibration": 8}]""".formatted(T0, T1, T2, T3, T4);

    /** Readings whose identities are there: the first ones stay, also where the second is of the other kind. */
    private static final String AGAIN = """
            [{"sensorId": "press-1", "timestamp": "%s", "temperature": 20, "pressure": 1},
             {"sensorId": "press-1", "timestamp": "%s", "temperature": 80, "mode": 7}]""".formatted(T1, T2);

    private static final String PRESS_2 = """
            [{"sensorId": "press-2", "timestamp": "%s", "temperature": 50},
             {"sensorId": "press-2", "timestamp": "%s", "temperature": 91},
             {"sensorId": "press-2", "timestamp": "%s", "temperature": 51}]""".formatted(T0, T1, T2);

    @Test
    void answersWhatWasPosted() throws Exception {
        try (Services services = new Services(2)) {
            Map<String, String> environment = services.environment();
            int httpPort = FreePort.choose();
            Map<String, String> gatewayEnvironment = new HashMap<>(environment);
            gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));
            try (JavaProcess processor = JavaProcess.start(services.directory(), "processor", environment);
                    JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment);
                    Api api = new Api(httpPort)) {
                processor.awaitReady();
                gateway.awaitReady();
                api.post(PRESS_1, 5);
                api.post(AGAIN, 2);
                api.post(PRESS_2, 3);
                Await.until("it is stored", () -> Stored.caughtUp(services));
                awaitInRedis(services, "press-1", "vibration");
                awaitInRedis(services, "press-2", "temperature");

                verify(api);
                services.redis(Command.FLUSHALL);
                verify(api);

                // as of a new database, before a processor has made its tables
                services.execute("ALTER TABLE measurement RENAME TO another");
                assertEquals(503, api.status("/sensors/press-1/readings"));
            }
        }
    }

    private static void awaitInRedis(Services services, String sensor, String metric) throws Exception {
        String key = "sensor:{" + sensor + "}";
        Await.until(
                "Redis has " + sensor,
                () -> services.redis(Command.HEXISTS, key, "#complete").equals("1")
                        && services.redis(Command.HEXISTS, key, metric).equals("1"));
    }

    private static void verify(Api api) throws Exception {
        verifySensors(api);
        verifyReadings(api);
        verifyAnomalies(api);
    }

    private static void verifySensors(Api api) throws Exception {
        JsonObject first = new JsonObject()
                .put("sensorId", "press-1")
                .put("timestamp", T4)
                .put(
                        "values",
                        new JsonObject()
                                .put("mode", timed("AUTO", T2))
                                .put("pressure", timed(9, T1))
                                .put("status", timed("RUNNING", T0))
                                .put("temperature", timed(96, T3))
                                .put("vibration", timed(8, T4)));
        JsonObject second = new JsonObject()
                .put("sensorId", "press-2")
                .put("timestamp", T2)
                .put("values", new JsonObject().put("temperature", timed(51, T2)));

        assertEquals(first, api.get("/sensors/press-1"));
        assertEquals(second, api.get("/sensors/press-2"));
        assertEquals(404, api.status("/sensors/press-3"));
        assertEquals(new JsonObject().put("sensors", JsonArray.of(first, second)), api.get("/sensors"));
        assertEquals(
                new JsonObject().put("sensors", JsonArray.of(first)).put("next", "press-1"),
                api.get("/sensors?limit=1"));
        assertEquals(new JsonObject().put("sensors", JsonArray.of(second)), api.get("/sensors?limit=1&after=press-1"));
    }

    private static void verifyReadings(Api api) throws Exception {
        JsonObject at0 = instant(
                T0, new JsonObject().put("mode", 1).put("status", "RUNNING").put("temperature", 60));
        JsonObject at1 = instant(T1, new JsonObject().put("pressure", 9).put("temperature", 95));
        JsonObject at2 = instant(T2, new JsonObject().put("mode", "AUTO").put("temperature", 80));
        JsonObject at3 = instant(T3, new JsonObject().put("temperature", 96));
        JsonObject at4 = instant(T4, new JsonObject().put("vibration", 8));
        String path = "/sensors/press-1/readings";

        JsonArray all = JsonArray.of(at4, at3, at2, at1, at0);
        assertEquals(List.of(all), pages(api, path, "readings", "to"));
        assertEquals(
                List.of(JsonArray.of(at4, at3), JsonArray.of(at2, at1), JsonArray.of(at0)),
                pages(api, path + "?limit=2", "readings", "to"));
        assertEquals(List.of(JsonArray.of(at2, at1)), pages(api, path + "?from=" + T1 + "&to=" + T3, "readings", "to"));

        JsonObject number = instant(T0, new JsonObject().put("mode", 1));
        JsonObject state = instant(T2, new JsonObject().put("mode", "AUTO"));
        assertEquals(List.of(JsonArray.of(state, number)), pages(api, path + "?metric=mode", "readings", "to"));
        // a full page has a next one, which may be empty
        assertEquals(
                List.of(JsonArray.of(state), JsonArray.of(number), JsonArray.of()),
                pages(api, path + "?metric=mode&limit=1", "readings", "to"));
        assertEquals(404, api.status("/sensors/press-3/readings"));
    }

    private static void verifyAnomalies(Api api) throws Exception {
        List<JsonObject> all = anomalies(api, "");
        assertEquals(
                Set.of(
                        "press-1 vibration critical open " + T4 + " null 8.0",
                        "press-1 temperature warning open " + T3 + " null 96.0",
                        "press-1 temperature warning closed " + T1 + " " + T2 + " 95.0",
                        "press-1 pressure critical open " + T1 + " null 9.0",
                        "press-2 temperature warning closed " + T1 + " " + T2 + " 91.0"),
                all.stream().map(QueryIT::text).collect(Collectors.toSet()));
        assertEquals(5, all.size());
        Comparator<JsonObject> oldestFirst = Comparator.comparing((JsonObject anomaly) ->
                        Rfc3339.parse(anomaly.getString("openedAt")).orElseThrow())
                .thenComparing(anomaly -> anomaly.getString("id"));
        assertEquals(all.stream().sorted(oldestFirst.reversed()).toList(), all, "newest first");

        filters(api, all, "sensorId=press-2", anomaly -> is(anomaly, "sensorId", "press-2"));
        filters(api, all, "state=open", anomaly -> is(anomaly, "state", "open"));
        filters(api, all, "state=closed", anomaly -> is(anomaly, "state", "closed"));
        filters(api, all, "severity=critical", anomaly -> is(anomaly, "severity", "critical"));
        filters(
                api,
                all,
                "sensorId=press-1&severity=warning&state=closed",
                anomaly -> is(anomaly, "sensorId", "press-1")
                        && is(anomaly, "severity", "warning")
                        && is(anomaly, "state", "closed"));
        filters(api, all, "from=" + T3, anomaly -> !is(anomaly, "openedAt", T1));
        filters(api, all, "to=" + T3, anomaly -> is(anomaly, "openedAt", T1));
        filters(api, all, "from=" + T1 + "&to=" + T4, anomaly -> !is(anomaly, "openedAt", T4));

        // three of them were opened at the same time: a page may end between them
        assertEquals(
                List.of(new JsonArray(all.subList(0, 3)), new JsonArray(all.subList(3, 5))),
                pages(api, "/anomalies?limit=3", "anomalies", "after"));
    }

    private static List<JsonObject> anomalies(Api api, String query) throws Exception {
        return api.get("/anomalies" + query).getJsonArray("anomalies").stream()
                .map(JsonObject.class::cast)
                .toList();
    }

    private static void filters(Api api, List<JsonObject> all, String query, Predicate<JsonObject> expected)
            throws Exception {
        List<JsonObject> some = all.stream().filter(expected).toList();
        assertFalse(some.isEmpty(), query);
        assertEquals(some, anomalies(api, "?" + query), query);
    }

    private static boolean is(JsonObject anomaly, String field, String value) {
        return anomaly.getString(field).equals(value);
    }

    private static String text(JsonObject anomaly) {
        return String.join(
                " ",
                anomaly.getString("sensorId"),
                anomaly.getString("metric"),
                anomaly.getString("severity"),
                anomaly.getString("state"),
                anomaly.getString("openedAt"),
                anomaly.getString("closedAt"),
                anomaly.getDouble("value").toString());
    }

    /** The array of each page, following {@code next} as the parameter that it is meant for. */
    private static List<JsonArray> pages(Api api, String path, String array, String parameter) throws Exception {
        List<JsonArray> pages = new ArrayList<>();
        JsonObject page = api.get(path);
        pages.add(page.getJsonArray(array));
        while (page.containsKey("next")) {
            page = api.get(path + "&" + parameter + "=" + page.getString("next"));
            pages.add(page.getJsonArray(array));
        }
        return pages;
    }

    private static JsonObject timed(Object value, String timestamp) {
        return new JsonObject().put("value", value).put("timestamp", timestamp);
    }

    private static JsonObject instant(String timestamp, JsonObject values) {
        return new JsonObject().put("timestamp", timestamp).put("values", values);
    }
}
