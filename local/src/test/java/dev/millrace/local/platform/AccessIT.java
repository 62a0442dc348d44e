package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.Role;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lock on the door of the programs as they are built: {@code AUTH=required} with a key file that changes. */
class AccessIT {

    private static final Random RANDOM = new Random(1);
    private static final ApiKey OLD = ApiKey.generate("x", RANDOM);
    private static final ApiKey NEW = ApiKey.generate("x", RANDOM);
    private static final ApiKey ADMIN = ApiKey.generate("x", RANDOM);

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void aChangedFileLetsNewKeysInAndOldOnesOutAndABadOneChangesNothing() throws Exception {
        try (Services services = new Services(1)) {
            // else nobody can tell whether a key that is in no file is a device's
            services.migrate();
            int port = FreePort.choose();
            Map<String, String> environment = new HashMap<>(services.environment());
            environment.put("HTTP_PORT", Integer.toString(port));
            environment.put("AUTH", "required");
            environment.put("API_KEYS_FILE", folder.resolve("keys.json").toString());
            write(entry("admin", ADMIN, Role.ADMIN), entry("line-2025", OLD, Role.DEVICE));
            try (JavaProcess gateway = JavaProcess.start(folder, "gateway", environment)) {
                gateway.awaitReady();
                Await.until("the old key is taken", () -> post(port, Optional.of(OLD)) == 202);
                assertEquals(401, post(port, Optional.empty()));
                assertEquals(401, post(port, Optional.of(NEW)));
                assertEquals(2, gateway.metric("millrace_gateway_keys"));
                replays(port, ADMIN, 0);
                replays(port, NEW, 1);

                // When the file changes, the way Kubernetes changes it: by a rename
                write(entry("admin", ADMIN, Role.ADMIN), entry("line-2026", NEW, Role.DEVICE));

                Await.until("the new key is taken", () -> post(port, Optional.of(NEW)) == 202);
                assertEquals(401, post(port, Optional.of(OLD)), "both change at once");

                // When it is broken
                write(entry("line-2027", OLD, Role.DEVICE), "{\"name\": \"" + OLD.text() + "\"}");

                Await.until("the refusal is told", () -> gateway.metric("millrace_gateway_keys_stale") == 1);
                assertEquals(202, post(port, Optional.of(NEW)));
                assertEquals(401, post(port, Optional.of(OLD)));
                // a look at the file a second, and one line for all of them
                Await.until("it is told in the log", () -> gateway.output().contains("WARN"));
                assertEquals(1, gateway.output().split("is refused", -1).length - 1, gateway::output);
                assertTrue(gateway.output().contains("because of an unknown key"), gateway::output);
                gateway.assertNoFault();
                for (ApiKey key : List.of(OLD, NEW, ADMIN)) {
                    assertFalse(gateway.output().contains(key.text()));
                    assertFalse(gateway.output().contains(key.sha256()));
                }
            }
        }
    }

    @Test
    void aDoorThatWouldStandOpenIsNotOpened() throws Exception {
        try (JavaProcess gateway =
                JavaProcess.start(folder, "gateway", Map.of("AUTH", "off", "HTTP_HOST", "0.0.0.0", "HTTP_PORT", "0"))) {
            assertEquals(78, gateway.awaitExit());
            assertTrue(
                    gateway.output()
                            .contains("  AUTH: may be off only where HTTP_HOST and MQTT_HOST are loopback addresses"),
                    gateway::output);
        }
        write(entry("x", OLD, Role.READER), entry("y", OLD, Role.ADMIN));
        Map<String, String> environment =
                Map.of("API_KEYS_FILE", folder.resolve("keys.json").toString(), "HTTP_PORT", "none");
        try (JavaProcess gateway = JavaProcess.start(folder, "gateway", environment)) {
            assertEquals(78, gateway.awaitExit());
            assertTrue(gateway.output().contains("2 problems"), gateway::output);
            assertTrue(gateway.output().contains("keys[1] (y), line 3: sha256: is that of keys[0] too"));
            assertFalse(gateway.output().contains(OLD.sha256()));
        }
    }

    @Test
    void theWholePlatformRunsBehindTheLock() throws Exception {
        int port = FreePort.choose();
        Map<String, String> environment = lockedPlatform(port);
        environment.put("API_KEYS_FILE", folder.resolve("keys.json").toString());
        environment.put("API_KEY", ADMIN.text());
        environment.put("SIMULATED_SENSORS", "3");
        write(entry("devices", ADMIN, Role.ADMIN), entry("dashboard", NEW, Role.READER));
        try (JavaProcess platform = JavaProcess.start(folder, "local", environment, "all")) {
            Await.until("it is ready", () -> {
                assertTrue(platform.isAlive(), platform::output);
                return platform.output().contains("AUTH=required");
            });
            assertTrue(platform.output().contains(" -u any -P \"$API_KEY\" -q 1 -t sensors/"), platform::output);
            assertEquals(401, send(request(port, "/sensors", Optional.empty())).statusCode());
            Await.until("simulated machines report", () -> {
                HttpResponse<String> answer = send(request(port, "/sensors", Optional.of(NEW)));
                assertEquals(200, answer.statusCode(), answer::body);
                return new JsonObject(answer.body()).getJsonArray("sensors").size() == 3;
            });
            // a connection that a busy machine has broken comes again
            Await.until(
                    "numbers 1 and 3 are connected over MQTT",
                    () -> platform.metric("millrace_gateway_mqtt_connections_open") == 2);
            assertFalse(platform.output().contains(ADMIN.text()));
            platform.terminate();
            assertEquals(143, platform.awaitExit());
        }
    }

    @Test
    void aPlatformThatIsGivenNoKeyMakesItsFirstOnes() throws Exception {
        int port = FreePort.choose();
        Map<String, String> environment = lockedPlatform(port);
        environment.put("SIMULATED_SENSORS", "2");
        try (JavaProcess platform = JavaProcess.start(folder, "local", environment, "all")) {
            Await.until("it is ready", () -> {
                assertTrue(platform.isAlive(), platform::output);
                return platform.output().contains("AUTH=required");
            });
            ApiKey admin = made(platform.output(), "ADMIN_KEY");
            ApiKey device = made(platform.output(), "DEVICE_KEY");
            Await.until("the device's key is taken", () -> post(port, Optional.of(device)) == 202);
            assertEquals(401, post(port, Optional.empty()));
            assertEquals(
                    403, send(request(port, "/devices", Optional.of(device))).statusCode());
            assertEquals(
                    200, send(request(port, "/devices", Optional.of(admin))).statusCode());
            Await.until(
                    "simulated machines report by the device's key",
                    () -> new JsonObject(send(request(port, "/sensors", Optional.of(admin)))
                                            .body())
                                    .getJsonArray("sensors")
                                    .size()
                            == 3);
            platform.terminate();
            assertEquals(143, platform.awaitExit());
            assertFalse(platform.output().contains("stays registered"), platform::output);
        }
    }

    /** The whole platform, which asks for keys. */
    private static Map<String, String> lockedPlatform(int port) throws IOException {
        Map<String, String> environment = new HashMap<>();
        for (String name : List.of("MQTT_PORT", "PROCESSOR_OPS_PORT", "DATABASE_PORT", "REDIS_PORT", "KINESIS_PORT")) {
            environment.put(name, Integer.toString(FreePort.choose()));
        }
        environment.put("HTTP_PORT", Integer.toString(port));
        environment.put("AUTH", "required");
        return environment;
    }

    private static ApiKey made(String output, String name) {
        Matcher key = Pattern.compile(name + "=(mr_\\S+)").matcher(output);
        assertTrue(key.find(), output);
        return new ApiKey(key.group(1));
    }

    private void replays(int port, ApiKey key, int exitCode) throws Exception {
        Path file = Files.writeString(folder.resolve("readings.csv"), "timestamp,value\n1,1\n2,2\n");
        Map<String, String> environment = Map.of(
                "FILE",
                file.toString(),
                "SENSOR",
                "press-4",
                "METRIC",
                "t",
                "GATEWAY_URL",
                "http://127.0.0.1:" + port,
                "API_KEY",
                key.text());
        try (JavaProcess replay = JavaProcess.start(folder, "local", environment, "replay")) {
            assertEquals(exitCode, replay.awaitExit(), replay::output);
            assertEquals(exitCode == 0, replay.output().contains("accepted 2, rejected 0, failed 0"), replay::output);
        }
    }

    private static String entry(String name, ApiKey key, Role role) {
        String sensors = role == Role.DEVICE ? ", \"sensors\": [\"press-*\"]" : "";
        return "{\"name\": \"" + name + "\", \"sha256\": \"" + key.sha256() + "\", \"role\": \"" + role.word() + "\""
                + sensors + "}";
    }

    private void write(String... entries) throws IOException {
        Path next =
                Files.writeString(folder.resolve("next.json"), "{\"keys\": [\n" + String.join(",\n", entries) + "\n]}");
        Files.move(next, folder.resolve("keys.json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The status of a posted reading's answer; 0 where there is none. */
    private int post(int port, Optional<ApiKey> key) throws InterruptedException {
        HttpRequest request = request(port, "/sensors", key)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"sensorId\":\"press-4\",\"t\":1,\"timestamp\":1}"))
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(int port, String path, Optional<ApiKey> key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30));
        key.ifPresent(shown -> request.header("authorization", shown.authorization()));
        return request;
    }
}
