package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.core.TestCa;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The gateway as it is built, with TLS ports alone: devices show certificates to HTTPS and to MQTT over TLS, by clients that
 * others have written, and the registry decides.
 */
class CertificatesIT {

    private static final ApiKey ADMIN = ApiKey.generate("admin", new Random(1));

    @TempDir
    private Path folder;

    private TestCa authority;
    private HttpClient client;
    private int httpsPort;
    private int mqttsPort;

    @Test
    void aDeviceComesInByItsCertificateAsLongAsTheRegistrySaysSo() throws Exception {
        authority = new TestCa(folder, "plant");
        TestCa.Identity server = authority.server("gateway", "dns:localhost");
        TestCa.Identity own = authority.client("press-4");
        TestCa.Identity second = authority.issue("press-4-second", TestCa.Leaf.of("press-4"));
        TestCa.Identity stranger = authority.client("press-5");
        client = HttpClient.newBuilder()
                .sslContext(authority.context(Optional.empty()))
                .build();
        httpsPort = FreePort.choose();
        mqttsPort = FreePort.choose();
        try (Services services = new Services(1)) {
            services.migrate();
            Map<String, String> environment = new HashMap<>(services.environment());
            Path keys = Files.writeString(
                    folder.resolve("keys.json"),
                    "{\"keys\": [{\"name\": \"admin\", \"role\": \"admin\", \"sha256\": \"" + ADMIN.sha256() + "\"}]}");
            Path certificate = folder.resolve("tls.crt");
            Path key = folder.resolve("tls.key");
            Files.copy(server.certificate(), certificate);
            Files.copy(server.key(), key);
            environment.putAll(Map.of(
                    "AUTH", "required",
                    "API_KEYS_FILE", keys.toString(),
                    "HTTP_PORT", "off",
                    "MQTT_PORT", "off",
                    "HTTPS_PORT", Integer.toString(httpsPort),
                    "MQTTS_PORT", Integer.toString(mqttsPort),
                    "TLS_CERT_FILE", certificate.toString(),
                    "TLS_KEY_FILE", key.toString(),
                    "CLIENT_CA_FILE", authority.bundle().file().toString()));
            try (JavaProcess gateway = JavaProcess.start(folder, "gateway", environment)) {
                gateway.awaitReady();
                admin("POST", "/devices", "{\"id\": \"press-4\", \"sensors\": [\"press-4\"]}", 201);

                await("it is known", own, "press-4", 202);
                assertEquals(403, curl(own, "press-9"), "another's sensor");
                assertEquals(401, curl(stranger, "press-5"), "no device of the registry");
                assertTrue(publish(own, "press-4"), "MQTT over TLS");
                assertEquals(false, publish(stranger, "press-5"));

                admin(
                        "PATCH",
                        "/devices/press-4",
                        new JsonObject()
                                .put("certificates", new JsonArray().add(sha256(second)))
                                .encode(),
                        200);
                await("only the certificate that is named is taken", own, "press-4", 401);
                assertEquals(202, curl(second, "press-4"));
                admin("PATCH", "/devices/press-4", "{\"enabled\": false}", 200);
                await("a disabled device is refused", second, "press-4", 403);
                assertEquals(false, publish(second, "press-4"));
                admin("PATCH", "/devices/press-4", "{\"enabled\": true, \"certificates\": null}", 200);
                await("any of its certificates is taken again", own, "press-4", 202);

                // When the server's certificate is renewed while a client keeps its connection
                TestCa.Identity renewed = authority.server("renewed", "dns:localhost");
                move(renewed.certificate(), certificate);
                move(renewed.key(), key);
                Await.until("the new certificate is shown", () -> {
                    assertTrue(!gateway.output().contains("refused"), gateway::output);
                    return gateway.body("/metrics")
                            .contains("millrace_gateway_tls_reloads_total{outcome=\"adopted\"} 1");
                });
                assertEquals(202, curl(own, "press-4"));
                admin("GET", "/devices/press-4", "", 200);
                gateway.assertNoFault();
            }
        }
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String sha256(TestCa.Identity identity) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest(identity.leaf().getEncoded()));
    }

    private void await(String what, TestCa.Identity identity, String sensor, int status) throws Exception {
        Await.until(what, () -> curl(identity, sensor) == status);
    }

    /** The status of a reading that curl posts. */
    private int curl(TestCa.Identity identity, String sensor) throws Exception {
        String said = Program.run(
                "curl",
                "-sS",
                "-o",
                folder.resolve("answer").toString(),
                "-w",
                "%{http_code} %{http_version}",
                "--cacert",
                authority.bundle().file().toString(),
                "--cert",
                identity.certificate().toString(),
                "--key",
                identity.key().toString(),
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"sensorId\": \"" + sensor + "\", \"t\": 1}",
                "https://localhost:" + httpsPort + "/sensors");
        assertTrue(said.endsWith(" 2"), "HTTP/2: " + said);
        return Integer.parseInt(said.substring(0, 3));
    }

    /** Whether mosquitto_pub is told that its publish was taken. */
    private boolean publish(TestCa.Identity identity, String sensor) throws Exception {
        return Program.succeeds(
                "mosquitto_pub",
                "-V",
                "5",
                "-q",
                "1",
                "-h",
                "localhost",
                "-p",
                Integer.toString(mqttsPort),
                "--cafile",
                authority.bundle().file().toString(),
                "--cert",
                identity.certificate().toString(),
                "--key",
                identity.key().toString(),
                "-t",
                "sensors/" + sensor,
                "-m",
                "{\"t\": 1}");
    }

    private void admin(String method, String path, String body, int expected) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + httpsPort + path))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", ADMIN.authorization())
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(expected, answer.statusCode(), answer::body);
        assertEquals(HttpClient.Version.HTTP_2, answer.version());
    }
}
