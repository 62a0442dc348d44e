package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Access;
import dev.millrace.gateway.auth.AccessTable;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.ingest.ItemRefusal;
import dev.millrace.gateway.ingest.SensorScope;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorStore;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code /openapi.json} against the server: each answer that the document promises occurs, no other does, and every body is
 * valid by its schema. An answer is written {@code METHOD path status code}. It is long because it provokes every one of them.
 */
class ContractVerticleTest extends HttpDoorFixture {

    /** Only a defect brings it about, and no way to one is known. */
    private static final Set<String> UNREACHABLE = Set.of("POST /sensors 500 internal");

    private static final List<String> CALLS = List.of(
            "GET /sensors",
            "GET /sensors/{id}",
            "GET /sensors/{id}/readings",
            "GET /anomalies",
            "GET /",
            "GET /openapi.json");

    private static final List<String> REGISTRY = List.of(
            "GET /devices",
            "POST /devices",
            "GET /devices/{id}",
            "PATCH /devices/{id}",
            "DELETE /devices/{id}/keys/{keyId}",
            "POST /devices/{id}/keys",
            "DELETE /devices/{id}");

    private final Set<String> seen = new TreeSet<>();
    private JsonObject document = new JsonObject();

    /** Stands still, so that the rate limit is met exactly when a test wants it. */
    private static final AtomicLong CLOCK = new AtomicLong();

    /** Whoever shows no key may do everything; the device reports for another sensor. */
    ContractVerticleTest() {
        super(credentials -> switch (credentials) {
            case Credentials.Bearer(String key) when key.equals("reader") -> principal(Role.READER, SensorScope.ALL);
            case Credentials.Bearer(String key)
            when key.equals("device") -> principal(Role.DEVICE, sensor -> sensor.equals("another"));
            case Credentials.Bearer(String key)
            when key.equals("undecided") -> new Authentication.Refused(Authentication.Reason.REGISTRY_AWAY);
            case Credentials.Bearer(String key)
            when key.equals("expired") -> new Authentication.Refused(Authentication.Reason.EXPIRED);
            case Credentials.Bearer(String key)
            when key.equals("unverifiable") -> new Authentication.Refused(Authentication.Reason.TOKEN_KEYS_AWAY);
            case Credentials.Bearer _, Credentials.Certificate _ ->
                new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY);
            case Credentials.None _, Credentials.Malformed _ -> principal(Role.ADMIN, SensorScope.ALL);
        });
    }

    private static Authentication principal(Role role, SensorScope scope) {
        return new Authentication.Authenticated(new Principal("test", role, scope));
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    @Override
    HttpLimits limits() {
        HttpLimits d = HttpLimits.DEFAULT;
        return new HttpLimits(
                d.maxConnections(),
                d.maxHeaderBytes(),
                d.maxRequestLineBytes(),
                d.requestTimeout(),
                d.idleTimeout(),
                1);
    }

    /** Shorter: the end of it is waited for. */
    @Override
    Duration publishTimeout() {
        return Duration.ofSeconds(3);
    }

    @BeforeEach
    void readTheDocument() throws Exception {
        HttpResponse<String> answer = get("/openapi.json");
        assertEquals(
                "application/json", answer.headers().firstValue("content-type").orElseThrow());
        document = new JsonObject(answer.body());
    }

    @Test
    void eachDocumentedAnswerOccursAndNoOther() throws Exception {
        ingest();
        queries();
        acknowledgement();
        registry();
        everywhere();
        shuttingDown();

        Set<String> documented = documented();
        Set<String> missing = new TreeSet<>(documented);
        missing.removeAll(seen);
        missing.removeAll(UNREACHABLE);
        assertEquals(Set.of(), missing, "documented, and does not occur");
        Set<String> undocumented = new TreeSet<>(seen);
        undocumented.removeAll(documented);
        assertEquals(Set.of(), undocumented, "occurs, and is not documented");
    }

    @Test
    void theDocumentNamesEveryMethodOfEveryPath() throws Exception {
        for (String path : document.getJsonObject("paths").fieldNames()) {
            Set<String> methods = new TreeSet<>();
            for (String key :
                    document.getJsonObject("paths").getJsonObject(path).fieldNames()) {
                if (!key.equals("parameters")) {
                    methods.add(key.toUpperCase(java.util.Locale.ROOT));
                }
            }
            if (methods.contains("GET")) {
                methods.add("HEAD");
            }
            CLOCK.addAndGet(Duration.ofMinutes(1).toNanos());
            HttpResponse<String> answer = send(HttpRequest.newBuilder(uri(filled(path)))
                    .method("BREW", HttpRequest.BodyPublishers.noBody())
                    .build());

            assertProblem(405, "method-not-allowed", answer);
            assertEquals(
                    String.join(", ", methods),
                    answer.headers().firstValue("allow").orElseThrow());
        }
    }

    @Test
    void theDocumentNamesEveryCode() {
        JsonObject schemas = document.getJsonObject("components").getJsonObject("schemas");
        Set<String> problems = strings(schemas.getJsonObject("Problem").getJsonObject("properties"), "code");
        Set<String> rejections = strings(schemas.getJsonObject("Rejection").getJsonObject("properties"), "code");

        Set<String> ours =
                Arrays.stream(Problem.Code.values()).map(Problem.Code::text).collect(Collectors.toSet());
        assertEquals(ours, problems);
        assertEquals(
                Arrays.stream(ItemRefusal.Code.values())
                        .map(ItemRefusal.Code::text)
                        .collect(Collectors.toSet()),
                rejections);
    }

    private void ingest() throws Exception {
        stream.acceptAll();
        refused("POST", "/sensors");
        tick();
        HttpResponse<String> foreign =
                send(ingest(READING).header("authorization", "Bearer device").build());
        assertEquals("POST /sensors 403 forbidden", see("POST", "/sensors", foreign), foreign.body());
        call(
                "POST",
                "/sensors",
                "202",
                HttpRequest.newBuilder(uri("/sensors"))
                        .header("content-type", "application/x-ndjson")
                        .POST(HttpRequest.BodyPublishers.ofString(READING + "\n{\n")));
        post("202", READING);
        post("202", "[" + READING + ",{}]");
        post("400 malformed", "{");
        post("413 too-large", "{\"sensorId\":\"a\",\"t\":1" + " ".repeat(17 * 1024) + "}");
        post("413 too-large", "[" + (READING + ",").repeat(10_000) + READING + "]");
        post("422 invalid-reading", "[]");
        post("422 invalid-reading", "{}");
        post("422 invalid-reading", "[1]");
        call(
                "POST",
                "/sensors",
                "415 unsupported-media-type",
                HttpRequest.newBuilder(uri("/sensors"))
                        .header("content-type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString(READING)));
        stream.answerBy(_ -> new PutResult.Unknown("InternalFailure"));
        post("503 stream-unavailable", READING);
        stream.answerBy(_ -> new PutResult.Throttled());
        post("503 overloaded", "[{}," + READING + "]");
        stream.acceptAll();
        assertEquals(
                "POST /sensors 503 store-unavailable", see("POST", "/sensors", as("undecided", "POST", "/sensors")));
        limited("POST", "/sensors");
    }

    private void queries() throws Exception {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("t", new LatestValues.Timed(new Measurement.Numeric("t", 1.5), 1));
        values.put("s", new LatestValues.Timed(new Measurement.State("s", "RUNNING"), 0));
        store.latest.put("a", new LatestValues("a", values));
        store.latest.put("b", new LatestValues("b", values));
        store.cacheAway = true;
        store.readings.put("a", List.of(new SensorStore.StoredReading(0, List.of(new Measurement.Numeric("t", 1)))));
        store.anomalies.add(FakeStore.anomaly(new UUID(1, 2)));
        get("/sensors", "?limit=1", "200");
        get("/sensors/{id}", "", "200");
        get("/sensors/{id}/readings", "?limit=1&metric=t&from=0&to=1970-01-02T00:00:00Z", "200");
        get("/anomalies", "?limit=1&sensorId=a&state=open&severity=critical", "200");
        get("/", "", "200");
        get("/openapi.json", "", "200");
        for (String call : CALLS.subList(0, 4)) {
            String path = call.substring(4);
            refused("GET", path);
            forbidden("GET", path, "device");
            get(path, path.equals("/sensors/{id}") ? "?bogus=1" : "?limit=x", "400 malformed");
            store.away = true;
            get(path, "", "503 store-unavailable");
            store.away = false;
            store.broken = true;
            get(path, "", "500 internal");
            store.broken = false;
            limited("GET", path);
        }
        get("/sensors/{id}", UNKNOWN_SENSOR, "404 not-found");
        get("/sensors/{id}/readings", UNKNOWN_SENSOR, "404 not-found");
    }

    private void acknowledgement() throws Exception {
        String path = "/anomalies/{id}/ack";
        call("POST", path, "200", acknowledge(""));
        refused("POST", path);
        forbidden("POST", path, "reader");
        call("POST", path, "400 malformed", acknowledge("?bogus=1"));
        store.anomalies.clear();
        call("POST", path, "404 not-found", acknowledge(""));
        store.away = true;
        call("POST", path, "503 store-unavailable", acknowledge(""));
        store.away = false;
        store.broken = true;
        call("POST", path, "500 internal", acknowledge(""));
        store.broken = false;
        limited("POST", path);
    }

    private HttpRequest.Builder acknowledge(String query) {
        return request("POST", "/anomalies/" + new UUID(1, 2) + "/ack" + query, "");
    }

    private void registry() throws Exception {
        String device = "{\"id\":\"a\",\"rate\":{\"readingsPerSecond\":5},\"labels\":{\"hall\":\"3\"},"
                + "\"certificates\":[\"" + "0a".repeat(32) + "\"]}";
        body("POST", "/devices", device, "201");
        body("POST", "/devices", device, "409 conflict");
        body("POST", "/devices", "{\"id\":\"b\"}", "201");
        body("POST", "/devices/{id}/keys", "{\"expiresAt\":\"2999-01-01T00:00:00Z\"}", "201");
        body("POST", "/devices/{id}/keys", "", "201");
        body("POST", "/devices/{id}/keys", "{}", "409 conflict");
        body("PATCH", "/devices/{id}", "{\"enabled\":false,\"rate\":null,\"labels\":{\"hall\":null}}", "200");
        get("/devices", "?limit=1&after=A&type=manufacturing-sensor", "200");
        get("/devices/{id}", "", "200");
        call("DELETE", "/devices/{id}/keys/{keyId}", "204", request("DELETE", "/devices/{id}/keys/{keyId}", ""));
        for (String call : REGISTRY) {
            String method = call.split(" ", 2)[0];
            String path = call.split(" ", 2)[1];
            refused(method, path);
            forbidden(method, path, "device");
            boolean withBody = method.equals("POST") || method.equals("PATCH");
            if (withBody) {
                String right = path.equals("/devices") ? "{\"id\":\"c\"}" : "{}";
                body(method, path, "{\"a\":1,\"a\":2}", "400 malformed");
                body(method, path, "[]", "400 malformed");
                body(method, path, "{\"nothing\":1}", "422 invalid-device");
                body(method, path, " ".repeat(300_000), "413 too-large");
                call(
                        method,
                        path,
                        "415 unsupported-media-type",
                        request(method, path, right).setHeader("content-type", "text/plain"));
                BodyBudget.Share all = shared.bodies().new Share();
                assertTrue(all.resize(shared.bodies().total()));
                body(method, path, right, "503 overloaded");
                all.resize(0);
            } else {
                call(method, path, "400 malformed", request(method, path + "?bogus=1", ""));
            }
            if (!path.equals("/devices")) {
                call(method, path, "404 not-found", request(method, path.replace("{id}", "never-seen"), "{}"));
            }
            String right = path.equals("/devices") ? "{\"id\":\"c\"}" : withBody ? "{}" : "";
            devices.away = true;
            call(method, path, "503 store-unavailable", request(method, path, right));
            devices.away = false;
            devices.broken = true;
            call(method, path, "500 internal", request(method, path, right));
            devices.broken = false;
            limited(method, path);
        }
        body("POST", "/devices", device, "201");
        call("DELETE", "/devices/{id}", "204", request("DELETE", "/devices/{id}", ""));
    }

    private void body(String method, String path, String body, String expected) throws Exception {
        call(method, path, expected, request(method, path, body));
    }

    private HttpRequest.Builder request(String method, String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(filled(path)))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        return body.isEmpty() ? request : request.header("content-type", "application/json");
    }

    /** A path with something for each of its parameters. */
    private static String filled(String path) {
        return path.replace("{id}", "a").replace("{keyId}", new UUID(1, 0).toString());
    }

    private static final String BAD_HTTP = " without a host";
    private static final String UNKNOWN_SENSOR = " of a sensor that never reported";

    /** What does not depend on the path. */
    private void everywhere() throws Exception {
        for (String path : List.of("/", "/openapi.json")) {
            get(path, BAD_HTTP, "400 malformed");
            limited("GET", path);
        }
        tick();
        HttpResponse<String> nowhere = get("/nowhere");
        assertProblem(404, "not-found", nowhere);
        validate(response("NoSuchPath"), nowhere);
        HttpResponse<String> wrong =
                send(HttpRequest.newBuilder(uri("/sensors")).DELETE().build());
        assertProblem(405, "method-not-allowed", wrong);
        validate(response("MethodNotAllowed"), wrong);
    }

    private void shuttingDown() throws Exception {
        ingestor.drain().await();
        post("503 shutting-down", READING);
    }

    private void post(String expected, String body) throws Exception {
        call("POST", "/sensors", expected, ingest(body));
    }

    private HttpRequest.Builder ingest(String body) {
        return HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    /** With a key that is not known, and with one whose role does not suffice. */
    private void refused(String method, String path) throws Exception {
        HttpResponse<String> answer = as("nobody", method, path);
        assertEquals(method + " " + path + " 401 unauthenticated", see(method, path, answer));
        assertEquals("Bearer", answer.headers().firstValue("www-authenticate").orElseThrow());
        HttpResponse<String> late = as("expired", method, path);
        assertEquals(method + " " + path + " 401 unauthenticated", see(method, path, late));
        assertEquals(
                "Bearer error=\"invalid_token\"",
                late.headers().firstValue("www-authenticate").orElseThrow());
        assertEquals(
                method + " " + path + " 503 token-keys-unavailable",
                see(method, path, as("unverifiable", method, path)));
        if (method.equals("POST")) {
            forbidden(method, path, "reader");
        }
    }

    private void forbidden(String method, String path, String key) throws Exception {
        assertEquals(method + " " + path + " 403 forbidden", see(method, path, as(key, method, path)));
    }

    private HttpResponse<String> as(String key, String method, String path) throws Exception {
        tick();
        return send(HttpRequest.newBuilder(uri(filled(path)))
                .header("authorization", "Bearer " + key)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private void get(String path, String query, String expected) throws Exception {
        if (query.equals(BAD_HTTP)) {
            tick();
            String raw = raw("GET " + filled(path) + " HTTP/1.1\r\n\r\n");
            assertTrue(raw.startsWith("HTTP/1.1 400 "), raw);
            JsonObject body = new JsonObject(raw.substring(raw.indexOf("\r\n\r\n")));
            see("GET", path, 400, "application/problem+json", body);
            return;
        }
        String target = query.equals(UNKNOWN_SENSOR) ? path.replace("{id}", "never-seen") : filled(path) + query;
        call("GET", path, expected, HttpRequest.newBuilder(uri(target)));
    }

    private void call(String method, String path, String expected, HttpRequest.Builder request) throws Exception {
        tick();
        HttpResponse<String> answer = send(request.build());
        assertEquals(method + " " + path + " " + expected, see(method, path, answer), answer.body());
    }

    /** Sends until the address may send no more. */
    private void limited(String method, String path) throws Exception {
        tick();
        HttpRequest request = HttpRequest.newBuilder(uri(filled(path)))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        send(request);
        send(request);
        assertEquals(method + " " + path + " 429 rate-limited", see(method, path, send(request)));
        tick();
    }

    private static void tick() {
        CLOCK.addAndGet(Duration.ofSeconds(2).toNanos());
    }

    /** Who may call an operation is what the door asks of it, by the one table. */
    @Test
    void theDocumentNamesCredentialsWhereTheDoorAsksForThem() {
        for (Route route : Route.values()) {
            Optional<String> operation = operation(route);
            if (operation.isEmpty()) {
                continue;
            }
            String[] call = operation.get().split(" ", 2);
            JsonObject described =
                    document.getJsonObject("paths").getJsonObject(call[1]).getJsonObject(call[0]);
            JsonArray security = described.getJsonArray("security");
            JsonArray expected = new JsonArray();
            if (AccessTable.of(route) instanceof Access.Only(Set<Role> roles)) {
                expected.add(new JsonObject().put("bearer", new JsonArray()));
                if (roles.contains(Role.DEVICE)) {
                    expected.add(new JsonObject().put("certificate", new JsonArray()));
                }
                assertEquals(
                        new JsonArray(roles.stream().map(Role::word).sorted().toList()),
                        described.getJsonArray("x-roles"));
            }
            assertEquals(expected, security, operation.get());
        }
    }

    private static Optional<String> operation(Route route) {
        return switch (route) {
            case INGEST -> Optional.of("post /sensors");
            case SENSORS -> Optional.of("get /sensors");
            case SENSOR -> Optional.of("get /sensors/{id}");
            case READINGS -> Optional.of("get /sensors/{id}/readings");
            case ANOMALIES -> Optional.of("get /anomalies");
            case ANOMALY_ACK -> Optional.of("post /anomalies/{id}/ack");
            case DEVICES -> Optional.of("get /devices");
            case DEVICE_REGISTRATION -> Optional.of("post /devices");
            case DEVICE -> Optional.of("get /devices/{id}");
            case DEVICE_CHANGE -> Optional.of("patch /devices/{id}");
            case DEVICE_REMOVAL -> Optional.of("delete /devices/{id}");
            case DEVICE_KEY -> Optional.of("post /devices/{id}/keys");
            case DEVICE_KEY_REMOVAL -> Optional.of("delete /devices/{id}/keys/{keyId}");
            case PAGE -> Optional.of("get /");
            case CONTRACT -> Optional.of("get /openapi.json");
            case OTHER -> Optional.empty();
        };
    }

    /** Each header that the document requires is there, and of those that say something none is undocumented. */
    private void validateHeaders(JsonObject response, HttpResponse<String> answer) {
        JsonObject documented = response.getJsonObject("headers", new JsonObject());
        JsonObject headers = document.getJsonObject("components").getJsonObject("headers");
        for (String name : headers.fieldNames()) {
            boolean there = answer.headers().firstValue(name).isPresent();
            boolean required = headers.getJsonObject(name).getBoolean("required");
            assertTrue(!there || documented.containsKey(name), name + " is not documented of " + answer);
            assertTrue(there || !required || !documented.containsKey(name), name + " is not there: " + answer);
        }
    }

    private String see(String method, String path, HttpResponse<String> answer) {
        JsonObject described = responses(method, path).getJsonObject(Integer.toString(answer.statusCode()));
        if (described != null) {
            validateHeaders(resolve(described), answer);
        }
        if (answer.statusCode() == 204) {
            assertEquals("", answer.body());
            seen.add(method + " " + path + " 204");
            return method + " " + path + " 204";
        }
        String type = answer.headers().firstValue("content-type").orElseThrow();
        boolean json = type.endsWith("json");
        if (answer.statusCode() == 429 || answer.statusCode() == 503) {
            assertTrue(
                    Integer.parseInt(answer.headers().firstValue("retry-after").orElseThrow()) >= 1);
        }
        return see(method, path, answer.statusCode(), type, json ? new JsonObject(answer.body()) : new JsonObject());
    }

    private String see(String method, String path, int status, String type, JsonObject body) {
        String name = method + " " + path + " " + status
                + (type.equals("application/problem+json") ? " " + body.getString("code") : "");
        seen.add(name);
        JsonObject response = responses(method, path).getJsonObject(Integer.toString(status));
        if (response != null) {
            validate(resolve(response), type, body);
        }
        return name;
    }

    private void validate(JsonObject response, HttpResponse<String> answer) {
        validateHeaders(response, answer);
        validate(response, answer.headers().firstValue("content-type").orElseThrow(), new JsonObject(answer.body()));
    }

    private void validate(JsonObject response, String type, JsonObject body) {
        String bare = type.split(";", 2)[0];
        JsonObject media = response.getJsonObject("content").getJsonObject(bare);
        assertTrue(media != null, bare + " is no documented type of " + response);
        if (media.isEmpty()) {
            return;
        }
        JsonObject schema = new JsonObject(
                        media.getJsonObject("schema").encode().replace("#/components/schemas/", "#/$defs/"))
                .put(
                        "$defs",
                        new JsonObject(document.getJsonObject("components")
                                .getJsonObject("schemas")
                                .encode()
                                .replace("#/components/schemas/", "#/$defs/")));
        OutputUnit result = Validator.create(
                        JsonSchema.of(schema),
                        new JsonSchemaOptions()
                                .setBaseUri("https://millrace.dev/")
                                .setDraft(Draft.DRAFT202012)
                                .setOutputFormat(OutputFormat.Basic))
                .validate(body);
        assertTrue(result.getValid(), () -> body.encode() + ": " + result.getErrors());
    }

    /** Every answer that the document promises. */
    private Set<String> documented() {
        Set<String> all = new TreeSet<>();
        JsonObject paths = document.getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            for (String method : paths.getJsonObject(path).fieldNames()) {
                if (!method.equals("parameters")) {
                    String call = method.toUpperCase(java.util.Locale.ROOT) + " " + path;
                    JsonObject responses = responses(method, path);
                    responses.fieldNames().forEach(status -> all.addAll(answers(call + " " + status, responses)));
                }
            }
        }
        return all;
    }

    private Set<String> answers(String call, JsonObject responses) {
        String status = call.substring(call.lastIndexOf(' ') + 1);
        JsonObject problem = resolve(responses.getJsonObject(status))
                .getJsonObject("content", new JsonObject())
                .getJsonObject("application/problem+json");
        if (problem == null) {
            return Set.of(call);
        }
        JsonObject narrowed =
                problem.getJsonObject("schema").getJsonArray("allOf").getJsonObject(1);
        return strings(narrowed.getJsonObject("properties"), "code").stream()
                .map(code -> call + " " + code)
                .collect(Collectors.toSet());
    }

    private JsonObject responses(String method, String path) {
        return document.getJsonObject("paths")
                .getJsonObject(path)
                .getJsonObject(method.toLowerCase(java.util.Locale.ROOT))
                .getJsonObject("responses");
    }

    private JsonObject resolve(JsonObject response) {
        String ref = response.getString("$ref");
        return ref == null ? response : response(ref.substring(ref.lastIndexOf('/') + 1));
    }

    private JsonObject response(String name) {
        return document.getJsonObject("components").getJsonObject("responses").getJsonObject(name);
    }

    private static Set<String> strings(JsonObject properties, String name) {
        return properties.getJsonObject(name).getJsonArray("enum").stream()
                .map(String::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
