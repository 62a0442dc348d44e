package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.query.AnomalyStore;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryHttpVerticleTest extends HttpDoorFixture {

    @Test
    void showsALatestValueFromTheCacheAndFromTheStoreWhereThatIsAway() throws Exception {
        store.cached.put("a", values("a", 1_764_849_600_000_000L, 72.5));
        store.latest.put("b", values("b", 1_764_849_600_123_000L, -3));

        assertEquals(
                "{\"sensorId\":\"a\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"values\":"
                        + "{\"t\":{\"value\":72.5,\"timestamp\":\"2025-12-04T12:00:00Z\"}}}",
                get("/sensors/a").body());
        assertEquals(200, get("/sensors/b").statusCode());
        store.cacheAway = true;
        store.latest.put("a", values("a", 0, 1));
        int calls = store.cacheCalls;
        assertTrue(get("/sensors/a").body().contains("\"value\":1,"));
        assertTrue(get("/sensors/a").body().contains("\"value\":1,"));
        assertEquals(calls + 1, store.cacheCalls, "a cache that is away costs one look a second");
        now.addAndGet(1_000_000_000L);
        get("/sensors/a");
        assertEquals(calls + 2, store.cacheCalls);
        assertProblem(404, "not-found", get("/sensors/c"));
        assertProblem(404, "not-found", get("/sensors/%20"));
    }

    @Test
    void listsSensorsPageByPage() throws Exception {
        for (String id : List.of("a", "b", "c")) {
            store.latest.put(id, values(id, 0, 1));
        }

        JsonObject first = new JsonObject(get("/sensors?limit=2").body());
        assertEquals(2, first.getJsonArray("sensors").size());
        JsonObject second = new JsonObject(
                get("/sensors?limit=2&after=" + first.getString("next")).body());
        assertEquals("c", second.getJsonArray("sensors").getJsonObject(0).getString("sensorId"));
        assertFalse(second.containsKey("next"));
    }

    @Test
    void showsStoredReadings() throws Exception {
        store.readings.put(
                "a",
                List.of(new SensorStore.StoredReading(
                        0, List.of(new Measurement.Numeric("t", 1.5), new Measurement.State("s", "a\"b")))));

        HttpResponse<String> answer =
                get("/sensors/a/readings?metric=t&from=1970-01-01T01:00:00%2B01:00&to=1000&limit=1");

        assertEquals(
                "{\"sensorId\":\"a\",\"readings\":[{\"timestamp\":\"1970-01-01T00:00:00Z\",\"values\":"
                        + "{\"t\":1.5,\"s\":\"a\\\"b\"}}],\"next\":\"1970-01-01T00:00:00Z\"}",
                answer.body());
        assertEquals(
                new SensorStore.ReadingsQuery(
                        "a", java.util.Optional.of("t"), OptionalLong.of(0), OptionalLong.of(1_000_000), 1),
                store.queries.getFirst());
        assertProblem(404, "not-found", get("/sensors/b/readings"));
    }

    @Test
    void showsAnomaliesAndGoesOnBehindThem() throws Exception {
        UUID id = UUID.fromString("00000000-0000-8000-8000-000000000001");
        store.anomalies.add(FakeStore.anomaly(id));

        JsonObject page = new JsonObject(get("/anomalies?sensorId=a&state=closed&severity=critical&limit=1")
                .body());
        JsonObject anomaly = page.getJsonArray("anomalies").getJsonObject(0);
        assertEquals(id.toString(), anomaly.getString("id"));
        assertEquals("closed", anomaly.getString("state"));
        assertEquals(new JsonObject("""
                        {"id": "00000000-0000-8000-8000-000000000001", "sensorId": "a", "metric": "t", "rule": "too-hot",
                         "ruleVersion": 3, "condition": "above", "severity": "critical", "message": "Call \\"the\\" plumber",
                         "state": "closed", "openedAt": "1970-01-01T00:00:05Z", "closedAt": "1970-01-01T00:00:06Z",
                         "value": 99, "peak": 104.5, "count": 7, "revision": 2,
                         "ackedBy": "shift-1", "ackedAt": "1970-01-01T00:00:07Z"}"""), anomaly);
        get("/anomalies?after=" + page.getString("next"));

        AnomalyStore.Query query = (AnomalyStore.Query) store.queries.getLast();
        assertEquals(new AnomalyStore.Cursor(5_000_000, id), query.after().orElseThrow());
    }

    @Test
    void acknowledgesInTheCallersName() throws Exception {
        UUID id = UUID.fromString("00000000-0000-8000-8000-000000000001");
        store.anomalies.add(FakeStore.anomaly(id));

        HttpResponse<String> answer = acknowledge("/anomalies/" + id + "/ack");

        assertEquals(200, answer.statusCode());
        assertEquals(id.toString(), new JsonObject(answer.body()).getString("id"));
        Actor actor = (Actor) store.queries.getLast();
        assertEquals(Role.ADMIN, actor.role());
        assertEquals("127.0.0.1", actor.address());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/anomalies/00000000-0000-8000-8000-00000000000f/ack",
                "/anomalies/1/ack",
                "/anomalies/0-0-0-0-1/ack",
                "/anomalies/%00/ack",
                "/anomalies/00000000-0000-8000-8000-00000000000g/ack",
            })
    void whatIsNoAnomalyCannotBeAcknowledged(String path) throws Exception {
        assertProblem(404, "not-found", acknowledge(path));
    }

    @Test
    void anAcknowledgementThatCannotBeStoredIsToBeSentAgain() throws Exception {
        store.away = true;

        assertProblem(503, "store-unavailable", acknowledge("/anomalies/00000000-0000-8000-8000-000000000001/ack"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sensors?limit=0",
                "/sensors?limit=x",
                "/sensors?limit=1001",
                "/sensors?limit=1&limit=2",
                "/sensors?after=%00",
                "/sensors?page=2",
                "/sensors/a/readings?from=yesterday",
                "/sensors/a/readings?to=99999999999999999999",
                "/sensors/a/readings?metric=a%20b",
                "/sensors/a/readings?bucket=1m",
                "/sensors/a/readings?from=1001&to=1000",
                "/anomalies?from=2025-12-04T12:00:00Z&to=2025-12-04T13:00:00%2B02:00",
                "/anomalies?state=broken",
                "/anomalies?severity=WARNING",
                "/anomalies?after=1",
                "/anomalies?after=1_x",
                "/anomalies?after=9223372036854775807_00000000-0000-8000-8000-000000000001",
                "/anomalies?sensorId=%00",
            })
    void refusesBadQueryParameters(String path) throws Exception {
        assertProblem(400, "malformed", get(path));
    }

    @Test
    void saysThatTheStoreIsAwayAndNothingOfWhy() throws Exception {
        store.away = true;

        HttpResponse<String> answer = get("/sensors");

        assertProblem(503, "store-unavailable", answer);
        assertFalse(answer.body().contains("hunter2"));
    }

    @Test
    void aDefectOfOursIsAnsweredWithoutItsReason() throws Exception {
        store.broken = true;

        HttpResponse<String> answer = get("/sensors");

        assertProblem(500, "internal", answer);
        assertFalse(answer.body().contains("hunter2"));
    }

    @Test
    void servesAPageThatLoadsNothingFromElsewhere() throws Exception {
        for (String path : List.of("/", "/page.css", "/page.js")) {
            HttpResponse<String> answer = get(path);
            assertEquals(200, answer.statusCode());
            assertFalse(answer.body().contains("://"), path);
            assertTrue(answer.headers().firstValue("content-security-policy").isPresent());
        }
    }

    private static LatestValues values(String id, long timestamp, double value) {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("t", new LatestValues.Timed(new Measurement.Numeric("t", value), timestamp));
        return new LatestValues(id, values);
    }

    private HttpResponse<String> acknowledge(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }
}
