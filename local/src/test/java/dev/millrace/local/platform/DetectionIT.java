package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.local.port.FreePort;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Anomalies and alerts by the whole way, from a device's reading to the message that somebody gets. */
@Execution(ExecutionMode.CONCURRENT)
class DetectionIT {

    private static final String SECRET = "a secret of the webhook";

    /** Five minutes, as the benchmark's series have between their values. */
    private static final long STEP = 300_000_000L;

    /** Microseconds since 1970. */
    private static final long START = 1_764_547_200_000_000L;

    /** A message that a webhook got. */
    private record Message(String signature, String body) {

        JsonObject json() {
            return new JsonObject(body);
        }

        boolean isOf(String rule, String event) {
            return json().getString("rule").equals(rule)
                    && json().getString("event").equals(event);
        }
    }

    /** Gateway and processor with rules of their own. */
    private static final class Platform implements AutoCloseable {

        final Services services;
        final Map<String, String> settings;
        final Path rules;
        final JavaProcess gateway;
        final Api api;
        JavaProcess processor;

        Platform(Path folder, String text, Map<String, String> more) throws Exception {
            services = new Services(1);
            settings = new HashMap<>(services.environment());
            rules = folder.resolve("rules.yaml");
            Files.writeString(rules, text);
            settings.put("RULES_FILE", rules.toString());
            settings.putAll(more);
            int httpPort = FreePort.choose();
            Map<String, String> forGateway = new HashMap<>(settings);
            forGateway.put("HTTP_PORT", Integer.toString(httpPort));
            processor = JavaProcess.start(services.directory(), "processor", settings);
            gateway = JavaProcess.start(services.directory(), "gateway", forGateway);
            api = new Api(httpPort);
            processor.awaitReady();
            gateway.awaitReady();
        }

        /** Takes the place of the file at once, as a ConfigMap's new contents do. */
        void changeRules(String text) throws IOException {
            Path next = rules.resolveSibling("next.yaml");
            Files.writeString(next, text);
            Files.move(next, rules, StandardCopyOption.ATOMIC_MOVE);
        }

        List<JsonObject> anomalies(String query) throws Exception {
            return api.get("/anomalies?limit=1000" + query).getJsonArray("anomalies").stream()
                    .map(JsonObject.class::cast)
                    .toList();
        }

        @Override
        public void close() {
            api.close();
            gateway.close();
            processor.close();
            services.close();
        }
    }

    private static double[] series(long seed, double level) {
        Random random = new Random(seed);
        double[] values = new double[1_500];
        for (int i = 0; i < values.length; i++) {
            double day = Math.sin(i * 2 * Math.PI / 288);
            values[i] = level + 5 * day + random.nextGaussian();
            boolean unusual = i > 1_100 && i < 1_130;
            values[i] += unusual ? 40 + random.nextInt(10) : 0;
        }
        return values;
    }

    @Test
    void aSeriesIsAsUnusualThroughGatewayAndProcessorAsByItself(@TempDir Path folder) throws Exception {
        String rules = """
                version: 7
                rules:
                  - {name: unusual, metric: load, unusual: true, severity: info, refractory: 0s}
                """;
        try (Platform platform = new Platform(folder, rules, Map.of())) {
            TreeSet<String> expected = new TreeSet<>();
            for (int sensor = 1; sensor <= 2; sensor++) {
                double[] values = series(sensor, 100 * sensor);
                AdaptiveDetector alone = new AdaptiveDetector();
                List<String> readings = new ArrayList<>();
                for (int i = 0; i < values.length; i++) {
                    long at = START + i * STEP;
                    double score = alone.score(at, values[i]);
                    if (score >= AdaptiveDetector.THRESHOLD) {
                        expected.add("press-" + sensor + " " + Rfc3339.format(at) + " " + score);
                    }
                    readings.add(new JsonObject()
                            .put("sensorId", "press-" + sensor)
                            .put("timestamp", Rfc3339.format(at))
                            .put("load", values[i])
                            .encode());
                }
                platform.api.post("[" + String.join(",", readings) + "]", readings.size());
            }
            Await.until("it is stored", () -> Stored.caughtUp(platform.services));

            TreeSet<String> found = new TreeSet<>();
            platform.anomalies("")
                    .forEach(anomaly -> found.add(anomaly.getString("sensorId") + " " + anomaly.getString("openedAt")
                            + " " + anomaly.getDouble("peak")));
            assertFalse(expected.isEmpty());
            assertEquals(expected, found);
        }
    }

    private static String rules(int version, int limit) {
        return """
                version: %d
                rules:
                  - {name: too-hot, metric: temperature, above: %d, severity: critical, message: Call the plumber, refractory: 0s}
                  - {name: quiet, metric: temperature, silentFor: 2s, severity: warning}
                """.formatted(version, limit);
    }

    private static String reading(String sensor, int second, int temperature) {
        return "{\"sensorId\":\"%s\",\"timestamp\":\"2025-12-04T12:00:%02dZ\",\"temperature\":%d}"
                .formatted(sensor, second, temperature);
    }

    @Test
    void anAnomalyIsFoundToldAcknowledgedAndOver(@TempDir Path folder) throws Exception {
        List<Message> messages = new CopyOnWriteArrayList<>();
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            messages.add(new Message(exchange.getRequestHeaders().getFirst("Millrace-Signature"), body));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        hook.start();
        Path webhooks = folder.resolve("webhooks.yaml");
        Files.writeString(webhooks, """
                webhooks:
                  - {name: test, url: "http://127.0.0.1:%d/", secret: %s}
                """.formatted(hook.getAddress().getPort(), SECRET));
        try (Platform platform =
                new Platform(folder, rules(1, 90), Map.of("processor.ALERT_WEBHOOKS_FILE", webhooks.toString()))) {
            // found, told
            platform.api.post(reading("press-1", 1, 95), 1);
            Await.until("the opening is told", () -> messages.stream().anyMatch(one -> one.isOf("too-hot", "opened")));
            JsonObject anomaly = platform.anomalies("&severity=critical").getFirst();
            Message opened = messages.stream()
                    .filter(one -> one.isOf("too-hot", "opened"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(
                    anomaly.getString("id"),
                    opened.json().getJsonArray("anomalies").getJsonObject(0).getString("id"));
            assertEquals("Call the plumber", opened.json().getString("message"));
            assertSigned(opened);

            // acknowledged, in the name of whoever does it
            JsonObject acknowledged = platform.api.acknowledge(anomaly.getString("id"));
            assertEquals(acknowledged, platform.anomalies("&severity=critical").getFirst());
            assertTrue(acknowledged.containsKey("ackedBy"));

            // the whole plant stands still; the process that noticed it is gone, the next one finds the same
            Await.until("the silence is noticed", () -> !platform.anomalies("&severity=warning")
                    .isEmpty());
            JsonObject silence = platform.anomalies("&severity=warning").getFirst();
            assertEquals("silent", silence.getString("condition"));
            platform.processor.kill();
            platform.processor = JavaProcess.start(platform.services.directory(), "processor", platform.settings);
            platform.processor.awaitReady();

            // over, both of them
            platform.api.post(reading("press-1", 2, 60), 1);
            Await.until("the end is told", () -> messages.stream().anyMatch(one -> one.isOf("too-hot", "resolved")));
            Await.until("the end of the silence is told", () -> messages.stream()
                    .anyMatch(one -> one.isOf("quiet", "resolved")));
            JsonObject closed = platform.anomalies("&severity=critical").getFirst();
            assertEquals("2025-12-04T12:00:02Z", closed.getString("closedAt"));
            assertEquals(2, closed.getInteger("revision"));
            assertTrue(
                    platform.anomalies("&severity=warning").stream()
                            .anyMatch(one -> one.getString("id").equals(silence.getString("id"))
                                    && one.getString("openedAt").equals(silence.getString("openedAt"))
                                    && one.containsKey("closedAt")),
                    () -> "the same silence, now over: " + silence);

            // a bad file changes nothing, a good one with a higher version does
            platform.changeRules("version: 2\nrules: nonsense\n");
            Await.until(
                    "the bad file is refused",
                    () -> platform.processor.metric("millrace_processor_rules_refused_total") > 0);
            platform.api.post(reading("press-2", 3, 95), 1);
            Await.until("the old rules stay", () -> !platform.anomalies("&severity=critical&sensorId=press-2")
                    .isEmpty());
            platform.changeRules(rules(3, 50));
            Await.until(
                    "the new rules are known",
                    () -> platform.processor.metric("millrace_processor_rules_version") == 3);
            Await.until("the shard has switched", () -> isSwitched(platform));
            platform.api.post(reading("press-3", 4, 60), 1);
            Await.until("the new rules count", () -> !platform.anomalies("&severity=critical&sensorId=press-3")
                    .isEmpty());
            assertEquals(
                    3,
                    platform.anomalies("&severity=critical&sensorId=press-3")
                            .getFirst()
                            .getInteger("ruleVersion"));
        } finally {
            hook.stop(0);
        }
    }

    private static boolean isSwitched(Platform platform) throws Exception {
        return platform.services
                .rows("SELECT rules_version::text FROM shard_progress")
                .equals(List.of("3"));
    }

    private static void assertSigned(Message message) throws Exception {
        String[] parts = message.signature.split(",", 2);
        String signed = parts[0].substring("t=".length()) + "." + message.body;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String expected = HexFormat.of().formatHex(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
        assertEquals("v1=" + expected, parts[1]);
    }
}
