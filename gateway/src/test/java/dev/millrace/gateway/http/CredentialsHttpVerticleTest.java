package dev.millrace.gateway.http;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.AskedInTurn;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.device.TestDevices;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every route with every kind of credentials that a key file and the registry know, or do not. */
class CredentialsHttpVerticleTest extends HttpDoorFixture {

    private static final String[] TABLE = {
        // method, path, route, and the answers to the credentials of CALLERS
        "POST,   /sensors,            INGEST,              401, 401, 403, 401, 403, 202, 403, 403, 202",
        "GET,    /sensors,            SENSORS,             401, 401, 403, 401, 403, 403, 200, 200, 200",
        "GET,    /sensors/a,          SENSOR,              401, 401, 403, 401, 403, 403, 200, 200, 200",
        "GET,    /sensors/a/readings, READINGS,            401, 401, 403, 401, 403, 403, 200, 200, 200",
        "GET,    /anomalies,          ANOMALIES,           401, 401, 403, 401, 403, 403, 200, 200, 200",
        "POST,   /anomalies/1/ack,    ANOMALY_ACK,         401, 401, 403, 401, 403, 403, 403, 404, 404",
        "GET,    /devices,            DEVICES,             401, 401, 403, 401, 403, 403, 403, 403, 200",
        "POST,   /devices,            DEVICE_REGISTRATION, 401, 401, 403, 401, 403, 403, 403, 403, 422",
        "GET,    /devices/a,          DEVICE,              401, 401, 403, 401, 403, 403, 403, 403, 404",
        "PATCH,  /devices/a,          DEVICE_CHANGE,       401, 401, 403, 401, 403, 403, 403, 403, 404",
        "DELETE, /devices/a,          DEVICE_REMOVAL,      401, 401, 403, 401, 403, 403, 403, 403, 404",
        "POST,   /devices/a/keys,     DEVICE_KEY,          401, 401, 403, 401, 403, 403, 403, 403, 422",
        "DELETE, /devices/a/keys/x,   DEVICE_KEY_REMOVAL,  401, 401, 403, 401, 403, 403, 403, 403, 404",
        "GET,    /,                   PAGE,                200, 200, 200, 200, 200, 200, 200, 200, 200",
        "GET,    /openapi.json,       CONTRACT,            200, 200, 200, 200, 200, 200, 200, 200, 200",
        "GET,    /nothing,            OTHER,               404, 404, 404, 404, 404, 404, 404, 404, 404",
    };

    private static final List<Optional<String>> CALLERS = List.of(
            Optional.empty(),
            Optional.of(wrong(TestDevices.key("own").text())),
            Optional.of(TestDevices.key("disabled").text()),
            Optional.of(TestDevices.key("expired").text()),
            Optional.of(TestDevices.key("other").text()),
            Optional.of(TestDevices.key("own").text()),
            Optional.of(TestKeys.key("reader").text()),
            Optional.of(TestKeys.key("operator").text()),
            Optional.of(TestKeys.key("admin").text()));

    CredentialsHttpVerticleTest() {
        super(new AskedInTurn(
                TestKeys.authenticator(
                        entry("reader", Role.READER), entry("operator", Role.OPERATOR), entry("admin", Role.ADMIN)),
                new TestDevices()
                        .with("own", "a", true, Instant.MAX)
                        .with("other", "b", true, Instant.MAX)
                        .with("disabled", "a", false, Instant.MAX)
                        .with("expired", "a", true, Instant.parse("2020-01-01T00:00:00Z"))
                        .directory()));
    }

    /** One bit of the last character but one. */
    private static String wrong(String key) {
        char last = key.charAt(key.length() - 2);
        return key.substring(0, key.length() - 2) + (last == 'A' ? 'B' : 'A') + key.charAt(key.length() - 1);
    }

    @BeforeEach
    void somethingToRead() {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("t", new LatestValues.Timed(new Measurement.Numeric("t", 1), 0));
        store.latest.put("a", new LatestValues("a", values));
        store.readings.put("a", List.of(new SensorStore.StoredReading(0, List.of(new Measurement.Numeric("t", 1.5)))));
        stream.acceptAll();
    }

    static String[] table() {
        return TABLE;
    }

    @ParameterizedTest
    @MethodSource("table")
    void everyRouteAnswersEveryKindOfCredentials(String row) throws Exception {
        String[] cells = Arrays.stream(row.split(",", -1)).map(String::strip).toArray(String[]::new);
        StringBuilder answers = new StringBuilder();
        for (Optional<String> caller : CALLERS) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri(cells[1]))
                    .header("content-type", "application/json")
                    .method(
                            cells[0],
                            cells[0].startsWith("P")
                                    ? HttpRequest.BodyPublishers.ofString(READING)
                                    : HttpRequest.BodyPublishers.noBody());
            caller.ifPresent(key -> request.header("authorization", "Bearer " + key));
            answers.append(answers.isEmpty() ? "" : ", ")
                    .append(send(request.build()).statusCode());
        }
        assertEquals(
                Arrays.stream(cells).skip(3).collect(Collectors.joining(", ")),
                answers.toString(),
                cells[0] + cells[1]);
    }

    @Test
    void theTableHasEveryRoute() {
        assertEquals(
                Arrays.stream(Route.values()).map(Route::name).collect(Collectors.toSet()),
                Arrays.stream(TABLE).map(row -> row.split(",", -1)[2].strip()).collect(Collectors.toSet()));
    }

    /** A device whose key is wrong is told nothing that it does not know: neither that it is there nor that it is disabled. */
    @ParameterizedTest
    @CsvSource({"own", "disabled", "expired", "nobody"})
    void aWrongKeyIsToldTheSameOfEveryDevice(String device) throws Exception {
        var answer = send(HttpRequest.newBuilder(uri("/sensors"))
                .header(
                        "authorization",
                        "Bearer " + wrong(TestDevices.key(device).text()))
                .build());
        assertProblem(401, "unauthenticated", answer);
        assertTrue(answer.body().contains("The key is not known."), answer.body());
    }
}
