package dev.millrace.gateway.http;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Access;
import dev.millrace.gateway.auth.AccessTable;
import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets through the door, for every route and every role. */
class AccessHttpVerticleTest extends HttpDoorFixture {

    /** The key file's authenticator, on keys that are kept in memory. */
    private static Authenticator authenticator() {
        return TestKeys.authenticator(
                entry("reader", Role.READER),
                entry("operator", Role.OPERATOR),
                entry("admin", Role.ADMIN),
                entry("device", Role.DEVICE, "a", "press-*"));
    }

    AccessHttpVerticleTest() {
        super(authenticator());
    }

    @BeforeEach
    void somethingToRead() {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("t", new LatestValues.Timed(new Measurement.Numeric("t", 1), 0));
        store.latest.put("a", new LatestValues("a", values));
        store.readings.put("a", List.of(new SensorStore.StoredReading(0, List.of(new Measurement.Numeric("t", 1.5)))));
        stream.acceptAll();
    }

    /** What the design's section 4 says, written down here once more: a table that is wrong must not agree with itself. */
    @ParameterizedTest
    @CsvSource({
        // method, path, and the answers to: nobody, a bad key, reader, operator, admin, device
        "POST, /sensors,              401, 401, 403, 403, 202, 202",
        "GET,  /sensors,              401, 401, 200, 200, 200, 403",
        "HEAD, /sensors,              401, 401, 200, 200, 200, 403",
        "GET,  /sensors/a,            401, 401, 200, 200, 200, 403",
        "HEAD, /sensors/a,            401, 401, 200, 200, 200, 403",
        "GET,  /sensors/a/readings,   401, 401, 200, 200, 200, 403",
        "GET,  /anomalies,            401, 401, 200, 200, 200, 403",
        "POST, /anomalies/1/ack,      401, 401, 403, 404, 404, 403",
        "GET,  /devices,              401, 401, 403, 403, 200, 403",
        "HEAD, /devices,              401, 401, 403, 403, 200, 403",
        "POST, /devices,              401, 401, 403, 403, 422, 403",
        "GET,  /devices/a,            401, 401, 403, 403, 404, 403",
        "PATCH, /devices/a,           401, 401, 403, 403, 404, 403",
        "DELETE, /devices/a,          401, 401, 403, 403, 404, 403",
        "POST, /devices/a/keys,       401, 401, 403, 403, 422, 403",
        "DELETE, /devices/a/keys/x,   401, 401, 403, 403, 404, 403",
        "GET,  /,                     200, 200, 200, 200, 200, 200",
        "GET,  /page.js,              200, 200, 200, 200, 200, 200",
        "GET,  /page.css,             200, 200, 200, 200, 200, 200",
        "GET,  /nothing,              404, 404, 404, 404, 404, 404",
        "PUT,  /sensors,              405, 405, 405, 405, 405, 405",
    })
    void everyRouteAnswersEveryCallerAsTheDesignSays(
            String method, String path, int nobody, int badKey, int reader, int operator, int admin, int device)
            throws Exception {
        assertEquals(nobody, call(method, path, Optional.empty()).statusCode());
        assertEquals(badKey, call(method, path, Optional.of("nobody")).statusCode());
        assertEquals(reader, call(method, path, Optional.of("reader")).statusCode());
        assertEquals(operator, call(method, path, Optional.of("operator")).statusCode());
        assertEquals(admin, call(method, path, Optional.of("admin")).statusCode());
        assertEquals(device, call(method, path, Optional.of("device")).statusCode());
    }

    /** A request of every route; whoever adds a route must say here how it is reached. */
    private static String request(Route route) {
        return switch (route) {
            case INGEST -> "POST /sensors";
            case SENSORS -> "GET /sensors";
            case SENSOR -> "GET /sensors/a";
            case READINGS -> "GET /sensors/a/readings";
            case ANOMALIES -> "GET /anomalies";
            case ANOMALY_ACK -> "POST /anomalies/1/ack";
            case DEVICES -> "GET /devices";
            case DEVICE_REGISTRATION -> "POST /devices";
            case DEVICE -> "GET /devices/a";
            case DEVICE_CHANGE -> "PATCH /devices/a";
            case DEVICE_REMOVAL -> "DELETE /devices/a";
            case DEVICE_KEY -> "POST /devices/a/keys";
            case DEVICE_KEY_REMOVAL -> "DELETE /devices/a/keys/1";
            case PAGE -> "GET /";
            case CONTRACT -> "GET /openapi.json";
            case OTHER -> "GET /nothing";
        };
    }

    @Test
    void everyRouteAnswersEveryRoleAsTheTableSays() throws Exception {
        Map<Route, Set<Role>> seen = new EnumMap<>(Route.class);
        for (Route route : Route.values()) {
            String[] request = request(route).split(" ", 2);
            boolean open = call(request[0], request[1], Optional.empty()).statusCode() != 401;
            List<Role> allowed = new ArrayList<>();
            for (Role role : Role.values()) {
                int status =
                        call(request[0], request[1], Optional.of(role.word())).statusCode();
                if (status != 401 && status != 403) {
                    allowed.add(role);
                }
            }
            switch (AccessTable.of(route)) {
                case Access.Open() -> {
                    assertTrue(open, route.name());
                    assertEquals(List.of(Role.values()), allowed, route.name());
                }
                case Access.Only(Set<Role> roles) -> {
                    assertFalse(open, route.name());
                    assertEquals(roles, Set.copyOf(allowed), route.name());
                }
            }
            seen.put(route, Set.copyOf(allowed));
        }
        assertEquals(Set.of(Role.DEVICE, Role.ADMIN), seen.get(Route.INGEST));
    }

    @Test
    void whoIsNotKnownIsToldHowToBe() throws Exception {
        HttpResponse<String> nobody = get("/sensors");
        assertProblem(401, "unauthenticated", nobody);
        assertEquals("Bearer", nobody.headers().firstValue("www-authenticate").orElseThrow());
        assertEquals(1, failures(AuthFailure.MISSING));

        HttpResponse<String> unknown = get("/sensors", "Bearer hunter2");
        assertProblem(401, "unauthenticated", unknown);
        assertEquals("Bearer", unknown.headers().firstValue("www-authenticate").orElseThrow());
        assertFalse(unknown.body().contains("hunter2"));
        assertEquals(1, failures(AuthFailure.UNKNOWN_KEY));

        HttpResponse<String> device = get("/sensors", key("device").authorization());
        assertProblem(403, "forbidden", device);
        assertTrue(device.headers().firstValue("www-authenticate").isEmpty());
        assertEquals(1, failures(AuthFailure.ROLE));

        assertEquals(
                200, get("/sensors", "bearer  " + key("reader").text()).statusCode(), "the scheme is read in any case");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic YTpi", "Bearer", "Bearer a b", "Bearer =", "x"})
    void credentialsOfAnotherFormAreNobodys(String authorization) throws Exception {
        assertProblem(401, "unauthenticated", get("/sensors", authorization));
        assertEquals(1, failures(AuthFailure.MALFORMED));
    }

    @Test
    void twoHeadersAreNobodysThoughBothAreRight() throws Exception {
        String header = "Authorization: " + key("reader").authorization() + "\r\n";

        String answer = raw("GET /sensors HTTP/1.1\r\nHost: x\r\n" + header + header + "Connection: close\r\n\r\n");

        assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
        assertTrue(raw("GET /sensors HTTP/1.1\r\nHost: x\r\n" + header + "Connection: close\r\n\r\n")
                .startsWith("HTTP/1.1 200 "));
    }

    @Test
    void aDevicesScopeIsWhatItsEntrySays() {
        Authentication device = authenticator()
                .authenticate(new Credentials.Bearer(key("device").text()));
        var scope = ((Authentication.Authenticated) device).principal().scope();

        assertTrue(scope.allows("a"));
        assertTrue(scope.allows("press-7"));
        assertFalse(scope.allows("b"));
    }

    @Test
    void whoAsksBeforeSendingABodyIsToldNoAtOnce() throws Exception {
        try (Socket socket = connect()) {
            write(socket, head("Content-Length: 1000000", "Expect: 100-continue"));

            // not a byte of the body is sent: an end of the answer shows that none was waited for
            String answer = readAll(socket);

            assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
            assertTrue(answer.toLowerCase(java.util.Locale.ROOT).contains("connection: close"), answer);
            assertTrue(answer.contains("\"unauthenticated\""), answer);
        }
    }

    @Test
    void whoAsksBeforeSendingABodyAndIsKnownMaySendIt() throws Exception {
        try (Socket socket = connect()) {
            write(
                    socket,
                    head(
                            "Authorization: " + key("device").authorization(),
                            "Content-Length: " + READING.length(),
                            "Expect: 100-continue",
                            "Connection: close"));
            byte[] expected = "HTTP/1.1 100 Continue\r\n".getBytes(StandardCharsets.US_ASCII);
            assertEquals(
                    new String(expected, StandardCharsets.US_ASCII),
                    new String(socket.getInputStream().readNBytes(expected.length), StandardCharsets.US_ASCII));
            write(socket, READING);

            assertTrue(readAll(socket).contains("HTTP/1.1 202 "));
        }
    }

    @Test
    void whoSendsAWholeBodyBeforeLookingReadsTheAnswerAndKeepsTheConnection() throws Exception {
        String body = " ".repeat(4_000_000);
        String answers = raw(head("Content-Length: " + body.length())
                + body
                + head(
                        "Content-Length: " + READING.length(),
                        "Authorization: " + key("admin").authorization())
                + READING
                + head("Transfer-Encoding: chunked")
                + "3\r\nabc\r\n0\r\n\r\n"
                + "GET /sensors HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertEquals(
                List.of("401", "202", "401", "401"),
                Pattern.compile("HTTP/1\\.1 ([0-9]{3}) ")
                        .matcher(answers)
                        .results()
                        .map(line -> line.group(1))
                        .toList(),
                answers);
    }

    @Test
    void aClientLibraryReadsTheAnswerToALargeBodyAndGoesOn() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertProblem(401, "unauthenticated", send(post(" ".repeat(3_000_000))));
        }
        assertEquals(200, get("/sensors", key("reader").authorization()).statusCode());
    }

    @Test
    void whoSendsForEverIsCutOff() throws Exception {
        try (Socket socket = connect()) {
            write(socket, head("Transfer-Encoding: chunked"));
            OutputStream out = socket.getOutputStream();
            byte[] chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            int sent = 0;
            try {
                for (; sent < 10_000; sent++) {
                    out.write(chunk);
                }
            } catch (SocketException e) {
                // cut off
            }
            assertTrue(sent < 10_000, "600 MB were taken of somebody who is not known");
        }
        assertEquals(200, get("/sensors", key("reader").authorization()).statusCode());
    }

    private HttpResponse<String> call(String method, String path, Optional<String> caller) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).header("content-type", "application/json");
        request.method(
                method,
                method.startsWith("P")
                        ? HttpRequest.BodyPublishers.ofString(READING)
                        : HttpRequest.BodyPublishers.noBody());
        caller.ifPresent(name -> request.header("authorization", key(name).authorization()));
        return send(request.build());
    }

    private HttpResponse<String> get(String path, String authorization) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .header("authorization", authorization)
                .build());
    }

    private double failures(AuthFailure reason) {
        return registry.get("millrace.gateway.auth.failures")
                .tag("reason", reason.tag())
                .counter()
                .count();
    }

    /** The head of a post of readings. */
    private static String head(String... headers) {
        return "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + String.join("\r\n", headers)
                + "\r\n\r\n";
    }

    private Socket connect() throws Exception {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void write(Socket socket, String bytes) throws Exception {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static String readAll(Socket socket) throws Exception {
        InputStream in = socket.getInputStream();
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
