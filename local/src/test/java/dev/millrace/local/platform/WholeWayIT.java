package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.local.port.FreePort;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** What the README shows, with the program that {@code make run} starts: one reading through everything, and a file twice. */
class WholeWayIT {

    private static final String STREAM = "sensor-data-stream-dev";
    private static final Path EXAMPLE = Path.of("..", "examples", "press-4.csv");

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void oneCommandStartsEverythingAndOneReadingIsSeenEverywhere() throws Exception {
        Map<String, Integer> ports = new HashMap<>();
        Map<String, String> environment = new HashMap<>();
        for (String name : List.of(
                "HTTP_PORT", "MQTT_PORT", "PROCESSOR_OPS_PORT", "DATABASE_PORT", "REDIS_PORT", "KINESIS_PORT")) {
            ports.put(name, FreePort.choose());
            environment.put(name, Integer.toString(ports.get(name)));
        }
        String gateway = "http://localhost:" + ports.get("HTTP_PORT");
        try (JavaProcess platform = JavaProcess.start(folder, "local", environment, "all")) {
            Await.until("it is ready", () -> {
                assertTrue(platform.isAlive(), platform::output);
                return platform.output().contains("Millrace is ready: " + gateway);
            });
            assertTrue(
                    platform.output().contains("mosquitto_pub -h localhost -p " + ports.get("MQTT_PORT") + " -q 1 "));

            HttpResponse<String> answer = post(gateway, """
                    {"sensorId": "sensor-001", "temperature": 72.5, "timestamp": "2025-12-04T12:00:00Z"}""");
            assertEquals(202, answer.statusCode());
            assertEquals("{\"accepted\":1}", answer.body());

            Await.until(
                    "the query API shows it",
                    () -> get(gateway + "/sensors/sensor-001").statusCode() == 200);
            assertEquals(
                    "{\"sensorId\":\"sensor-001\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"values\":{\"temperature\":"
                            + "{\"value\":72.5,\"timestamp\":\"2025-12-04T12:00:00Z\"}}}",
                    get(gateway + "/sensors/sensor-001").body());
            assertEquals("2025-12-04 12:00:00+00|72.5", row(ports, "sensor-001"));
            Await.until("Redis shows it", () -> latest(ports, "sensor-001").equals("1764849600000000 72.5"));
            assertTrue(stream(ports)
                    .contains("{\"sensorId\":\"sensor-001\",\"timestamp\":\"2025-12-04T12:00:00Z\","
                            + "\"temperature\":72.5}\n"));
            Await.until(
                    "simulated machines report",
                    () -> new JsonObject(get(gateway + "/sensors").body())
                                    .getJsonArray("sensors")
                                    .size()
                            == 21);
            // a connection that a busy machine has broken comes again
            Await.until(
                    "half of them over MQTT", () -> platform.metric("millrace_gateway_mqtt_connections_open") == 10);
            assertTrue(get(gateway + "/").body().contains("<title>Millrace</title>"));

            replayTwice(gateway, ports);
            anotherRunLeavesItAlone(environment);
            assertEquals("2025-12-04 12:00:00+00|72.5", row(ports, "sensor-001"));

            platform.terminate();
            assertEquals(143, platform.awaitExit());
            assertFalse(platform.output().matches("(?s).*\\b(WARN|ERROR)\\b.*"), platform::output);
        }
    }

    /** A command clears away what dead runs have left; a run that lives is none of them. */
    private void anotherRunLeavesItAlone(Map<String, String> environment) throws Exception {
        try (JavaProcess doctor = JavaProcess.start(folder, "local", environment, "doctor")) {
            assertEquals(1, doctor.awaitExit());
            environment
                    .keySet()
                    .forEach(name -> assertTrue(
                            doctor.output().contains("is taken; choose another with " + name), doctor::output));
        }
    }

    private void replayTwice(String gateway, Map<String, Integer> ports) throws Exception {
        long timestamps = Files.readAllLines(EXAMPLE).stream()
                .skip(1)
                .map(line -> line.split(",", -1)[0])
                .distinct()
                .count();
        int lines = Files.readAllLines(EXAMPLE).size() - 1;
        for (int time = 1; time <= 2; time++) {
            Map<String, String> environment = Map.of(
                    "FILE", EXAMPLE.toString(), "SENSOR", "press-4", "METRIC", "temperature", "GATEWAY_URL", gateway);
            try (JavaProcess replay = JavaProcess.start(folder, "local", environment, "replay")) {
                assertEquals(0, replay.awaitExit(), replay::output);
                String last = replay.output()
                        .strip()
                        .lines()
                        .reduce((_, line) -> line)
                        .orElse("");
                assertTrue(last.startsWith("accepted " + lines + ", rejected 0, failed 0 in "), last);
            }
            int marker = time;
            post(gateway, "{\"sensorId\": \"press-4\", \"marker\": " + marker + ", \"timestamp\": " + marker + "}");
            Await.until("it is stored", () -> count(ports, "press-4", "marker") == marker);
            assertEquals(timestamps, count(ports, "press-4", "temperature"));
        }
    }

    private static String row(Map<String, Integer> ports, String sensor) throws SQLException {
        return query(
                ports,
                "SELECT at || '|' || value FROM measurement JOIN sensor USING (sensor_key) WHERE sensor_id = '" + sensor
                        + "'");
    }

    private static long count(Map<String, Integer> ports, String sensor, String metric) throws SQLException {
        return Long.parseLong(query(
                ports,
                "SELECT count(*) FROM measurement JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)"
                        + " WHERE sensor_id = '" + sensor + "' AND name = '" + metric + "'"));
    }

    private static String query(Map<String, Integer> ports, String sql) throws SQLException {
        String url =
                "jdbc:postgresql://127.0.0.1:" + ports.get("DATABASE_PORT") + "/millrace?options=-c%20timezone=UTC";
        try (Connection connection = DriverManager.getConnection(url, "millrace", "millrace");
                ResultSet result = connection.createStatement().executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    private static String latest(Map<String, Integer> ports, String sensor) {
        Vertx vertx = Vertx.vertx();
        try {
            Redis redis = Redis.createClient(vertx, "redis://127.0.0.1:" + ports.get("REDIS_PORT"));
            return String.valueOf(redis.send(Request.cmd(Command.HGET)
                            .arg("sensor:{" + sensor + "}")
                            .arg("temperature"))
                    .await());
        } finally {
            vertx.close().await();
        }
    }

    /** The lines that the stream holds, as the unmodified SDK reads them. */
    private static List<String> stream(Map<String, Integer> ports) {
        KinesisConfig config = KinesisConfig.read(new Environment(Map.of(
                "AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:" + ports.get("KINESIS_PORT"),
                "AWS_ACCESS_KEY_ID", "any",
                "AWS_SECRET_ACCESS_KEY", "any")));
        try (KinesisAsyncClient kinesis = KinesisClients.create(config, Duration.ofSeconds(20), 2)) {
            return kinesis.listShards(request -> request.streamName(STREAM)).join().shards().stream()
                    .map(shard -> kinesis.getShardIterator(request -> request.streamName(STREAM)
                                    .shardId(shard.shardId())
                                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                            .join()
                            .shardIterator())
                    .flatMap(iterator ->
                            kinesis.getRecords(request -> request.shardIterator(iterator)).join().records().stream())
                    .flatMap(record -> aggregate(record).records().stream())
                    .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                    .toList();
        }
    }

    private static StreamRecord.Aggregate aggregate(Record record) {
        return assertInstanceOf(
                StreamRecord.Aggregate.class,
                StreamRecord.decode(record.partitionKey(), record.data().asByteArray()));
    }

    private HttpResponse<String> post(String gateway, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(gateway + "/sensors"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String address) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
