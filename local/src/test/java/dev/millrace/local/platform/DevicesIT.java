package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The registry of devices, of two gateways as they are built: what one changes is in force at both, and the one whose way to
 * PostgreSQL is cut goes on with what it knows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DevicesIT {

    private static final ApiKey ADMIN = ApiKey.generate("admin", new Random(1));
    private static final String DAY = "2026-01-02";

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<String> secrets = new ArrayList<>(List.of(ADMIN.text()));
    private Services services;
    private OutageProxy postgres;
    private JavaProcess near;
    private JavaProcess far;
    private int nearPort;
    private int farPort;
    private int readings;

    @BeforeAll
    void start() throws Exception {
        services = new Services(1);
        services.migrate();
        postgres = new OutageProxy(services.postgresPort());
        nearPort = FreePort.choose();
        farPort = FreePort.choose();
        near = gateway(services.environment(), nearPort);
        far = gateway(services.environment(postgres.port()), farPort);
        near.awaitReady();
        far.awaitReady();
    }

    private JavaProcess gateway(Map<String, String> where, int port) throws Exception {
        Path keys = services.directory().resolve("keys.json");
        Files.writeString(
                keys,
                "{\"keys\": [{\"name\": \"admin\", \"role\": \"admin\", \"sha256\": \"" + ADMIN.sha256() + "\"}]}");
        Map<String, String> environment = new HashMap<>(where);
        environment.put("AUTH", "required");
        environment.put("API_KEYS_FILE", keys.toString());
        environment.put("HTTP_PORT", Integer.toString(port));
        return JavaProcess.start(services.directory(), "gateway", environment);
    }

    @AfterAll
    void stop() throws Exception {
        near.close();
        far.close();
        postgres.close();
        services.close();
    }

    @Test
    void aDevicesWayThroughTheRegistryIsInForceAtEveryGatewayAndWrittenDown() throws Exception {
        String before = now();
        JsonObject device = admin("POST", "/devices", """
                {"id": "press-4", "sensors": ["press-4", "press-4.*"], "labels": {"hall": "3"}}""", 201);
        assertEquals("manufacturing-sensor", device.getString("type"));
        assertEquals(
                device.getJsonArray("sensors"),
                admin("GET", "/devices/press-4", "", 200).getJsonArray("sensors"));

        String first = giveKey("press-4", "{}");
        everywhere("the first key is taken", first, "press-4", 202);
        everywhere("its other sensors are its own too", first, "press-4.axis", 202);
        everywhere("a foreign sensor is refused", first, "press-5", 403);
        assertEquals(403, get("/sensors", first), "a device reads nothing");
        everywhere("a wrong secret is refused", first.substring(0, first.length() - 1) + "_", "press-4", 401);
        assertTrue(far.metric("millrace_gateway_device_keys_oldest_seconds") > 0);

        // When the key is changed, without a moment in which neither is valid
        String second = giveKey("press-4", "{\"expiresAt\": \"2999-01-01T00:00:00Z\"}");
        everywhere("the second key is taken", second, "press-4", 202);
        everywhere("and the first still is", first, "press-4", 202);
        admin("POST", "/devices/press-4/keys", "{}", 409);
        JsonArray keys = admin("GET", "/devices/press-4", "", 200).getJsonArray("keys");
        assertEquals(2, keys.size());
        admin("DELETE", "/devices/press-4/keys/" + keys.getJsonObject(0).getString("id"), "", 204);
        everywhere("the first key is refused", first, "press-4", 401);
        everywhere("the second is not", second, "press-4", 202);

        admin("PATCH", "/devices/press-4", "{\"enabled\": false}", 200);
        everywhere("who is disabled is refused", second, "press-4", 403);
        admin("PATCH", "/devices/press-4", "{\"enabled\": true, \"sensors\": [\"press-9\"]}", 200);
        everywhere("another sensor is its own", second, "press-9", 202);
        everywhere("the former one is not", second, "press-4", 403);

        admin("PATCH", "/devices/press-4", "{\"rate\": {\"readingsPerSecond\": 1}}", 200);
        everywhere("more than its rate is refused", second, "press-9", 429);

        Await.until("it is written down when it was seen", () -> {
            String seen = admin("GET", "/devices/press-4", "", 200).getString("lastSeen", "");
            return seen.compareTo(before) > 0;
        });
        admin("DELETE", "/devices/press-4", "", 204);
        everywhere("who is removed is nobody", second, "press-9", 401);
        admin("GET", "/devices/press-4", "", 404);
        assertEquals(
                List.of(
                        "device-registered",
                        "key-given",
                        "key-given",
                        "key-taken",
                        "device-changed",
                        "device-changed",
                        "device-changed",
                        "device-removed"),
                services.rows("SELECT action FROM audit_log WHERE target = 'press-4' ORDER BY audit_id"));
        assertEquals(
                List.of("admin|admin|127.0.0.1"),
                services.rows("SELECT DISTINCT actor, role, address FROM audit_log WHERE target = 'press-4'"));
        nothingSecretIsTold();
    }

    @Test
    void aKeyIsRefusedFromTheTimeOnAtWhichItExpires() throws Exception {
        admin("POST", "/devices", "{\"id\": \"short\"}", 201);
        Instant end = Instant.now().plusSeconds(3);
        String key = giveKey("short", "{\"expiresAt\": \"" + end + "\"}");
        everywhere("it is taken first", key, "short", 202, 401);
        everywhere("it is refused in the end", key, "short", 401);
        assertFalse(Instant.now().isBefore(end), "too early");
        admin("POST", "/devices/short/keys", "{\"expiresAt\": \"2020-01-01T00:00:00Z\"}", 422);
    }

    @Test
    void aGatewayWithoutPostgresqlGoesOnWithTheDevicesItKnowsAndHearsOfAllChangesAfterwards() throws Exception {
        for (String id : List.of("stays", "leaves")) {
            admin("POST", "/devices", "{\"id\": \"" + id + "\"}", 201);
        }
        String stays = giveKey("stays", "{}");
        String leaves = giveKey("leaves", "{}");
        everywhere("both are known", stays, "stays", 202);
        everywhere("both are known", leaves, "leaves", 202);

        postgres.goAway();
        Await.until("it is told", () -> far.metric("millrace_gateway_devices_age_seconds") > 0);
        admin("POST", "/devices", "{\"id\": \"comes\"}", 201);
        String comes = giveKey("comes", "{}");
        admin("PATCH", "/devices/leaves", "{\"enabled\": false}", 200);
        await("the other gateway lets it in", nearPort, comes, "comes", 202);
        await("the other gateway refuses it", nearPort, leaves, "leaves", 403);

        assertEquals(202, post(farPort, stays, "stays"), "who is known is let in");
        assertEquals(202, post(farPort, leaves, "leaves"), "nobody can tell that it should not be");
        assertEquals(503, post(farPort, comes, "comes"), "nobody can tell whether it is known");
        assertEquals(401, post(farPort, "x" + stays, "stays"), "what is no key is none at any time");
        assertEquals(200, getAt(farPort, "/", ADMIN.text()));

        postgres.comeBack();
        await("what changed meanwhile is in force", farPort, leaves, "leaves", 403);
        await("what came meanwhile is in force", farPort, comes, "comes", 202);
        assertEquals(202, post(farPort, stays, "stays"));
        Await.until("it knows all", () -> far.metric("millrace_gateway_devices_age_seconds") == 0);
        for (String id : List.of("stays", "leaves", "comes")) {
            admin("DELETE", "/devices/" + id, "", 204);
        }
    }

    /** What docs/operations.md says of lost keys, for a hundred devices. */
    @Test
    void aHundredDevicesWhoseKeysAreLostGetBackInAsTheRunbookSays() throws Exception {
        Path script = Path.of("..", "tools", "renew-keys").toAbsolutePath();
        Path folder = Files.createTempDirectory("keys");
        List<String> lost = new ArrayList<>();
        StringBuilder ids = new StringBuilder("never-registered\n");
        for (int i = 0; i < 100; i++) {
            admin("POST", "/devices", "{\"id\": \"lost-" + i + "\"}", 201);
            lost.add(giveKey("lost-" + i, "{}"));
            if (i % 10 == 0) {
                // one that was being changed: there is no room for a third
                lost.set(i, giveKey("lost-" + i, "{}"));
            }
            ids.append("lost-").append(i).append('\n');
        }
        String program = "GATEWAY=http://127.0.0.1:" + nearPort + " ADMIN_KEY=" + ADMIN.text() + " " + script + " "
                + folder + "; echo ended with $?";
        long began = System.nanoTime();
        String said = Program.runWith(ids.toString(), "jq", "--version")
                + Program.runWith(ids.toString(), "bash", "-c", program);
        System.out.println("100 devices with lost keys had new ones after "
                + Duration.ofNanos(System.nanoTime() - began).toMillis() + " ms");
        assertTrue(said.contains("never-registered: cannot be read"), said);
        assertTrue(said.contains("ended with 1"), said);
        for (int i = 0; i < 100; i++) {
            String key = Files.readString(folder.resolve("lost-" + i)).strip();
            secrets.add(key);
            everywhere("it is back", key, "lost-" + i, 202);
            everywhere("whoever found the lost key is out", lost.get(i), "lost-" + i, 401);
            assertEquals(
                    1,
                    admin("GET", "/devices/lost-" + i, "", 200)
                            .getJsonArray("keys")
                            .size());
        }
        JsonArray page = admin("GET", "/devices?limit=60", "", 200).getJsonArray("devices");
        assertEquals(60, page.size());
        JsonObject rest = admin(
                "GET", "/devices?limit=1000&after=" + page.getJsonObject(59).getString("id"), "", 200);
        assertFalse(rest.containsKey("next"));
        for (int i = 0; i < 100; i++) {
            admin("DELETE", "/devices/lost-" + i, "", 204);
        }
    }

    private void nothingSecretIsTold() throws Exception {
        String told = near.output()
                + far.output()
                + services.rows("SELECT * FROM audit_log")
                + services.rows("SELECT device_id, key_id, encode(sha256, 'escape') FROM device_key");
        for (String secret : secrets) {
            assertFalse(told.contains(secret.substring(secret.length() - ApiKey.SECRET_LENGTH)));
        }
    }

    private String giveKey(String device, String body) throws Exception {
        String key = admin("POST", "/devices/" + device + "/keys", body, 201).getString("key");
        secrets.add(key);
        return key;
    }

    /** At both gateways the answer to a reading becomes this one, from whatever it is before. */
    private void everywhere(String what, String key, String sensor, int... statuses) throws Exception {
        await(what, nearPort, key, sensor, statuses);
        await(what, farPort, key, sensor, statuses);
    }

    private void await(String what, int port, String key, String sensor, int... statuses) throws Exception {
        Await.until(what, () -> {
            int status = post(port, key, sensor);
            for (int expected : statuses) {
                if (status == expected) {
                    return true;
                }
            }
            return false;
        });
    }

    private int post(int port, String key, String sensor) throws Exception {
        String reading = "{\"sensorId\": \"" + sensor + "\", \"t\": 1, \"timestamp\": \"" + DAY + "T00:00:00."
                + String.format("%06d", readings++) + "Z\"}";
        HttpRequest request = request(port, "/sensors", key)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(reading))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private int get(String path, String key) throws Exception {
        return getAt(nearPort, path, key);
    }

    private int getAt(int port, String path, String key) throws Exception {
        return client.send(request(port, path, key).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpRequest.Builder request(int port, String path, String key) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", "Bearer " + key);
    }

    /** What an admin is answered at the gateway whose way to PostgreSQL is not cut. */
    private JsonObject admin(String method, String path, String body, int expected) throws Exception {
        HttpRequest request = request(nearPort, path, ADMIN.text())
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(expected, answer.statusCode(), () -> method + " " + path + ": " + answer.body());
        return answer.body().isEmpty() ? new JsonObject() : new JsonObject(answer.body());
    }

    private static String now() {
        return Instant.now().toString();
    }
}
