package dev.millrace.local.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** G3 with real processes: the processor dies ten times, and each time another one stands by that knows it by its rows alone. */
@Execution(ExecutionMode.CONCURRENT)
class ExactlyOnceIT {

    private static final Logger LOG = LoggerFactory.getLogger(ExactlyOnceIT.class);
    private static final int KILLS = 10;
    private static final int SENSORS = 5;
    private static final int RATE = 1_000;

    /** Fewer would prove little. */
    private static final int LEAST_READINGS = 10_000;

    @Test
    void everyReadingHasItsEffectOnceHoweverOftenTheProcessorIsKilled() throws Exception {
        try (Services services = new Services(2)) {
            Map<String, String> environment = services.environment();
            int httpPort = FreePort.choose();
            Map<String, String> gatewayEnvironment = new HashMap<>(environment);
            gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));

            List<JavaProcess> processors = new ArrayList<>();
            try (JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment)) {
                processors.add(JavaProcess.start(services.directory(), "processor", environment));
                processors.getLast().awaitReady();
                gateway.awaitReady();
                Set<String> acknowledged;
                try (Load load = Load.start(httpPort, SENSORS, RATE)) {
                    killRepeatedly(services, environment, processors);
                    Await.until("the load was real", () -> load.accepted.size() >= LEAST_READINGS);
                    acknowledged = load.accepted;
                }
                Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
                verify(services, acknowledged);
                verifyLatest(services, httpPort);
            } finally {
                processors.forEach(JavaProcess::close);
            }
        }
    }

    /** Kills the processor that works and goes on with its successor, which has been standing by. */
    private static void killRepeatedly(Services services, Map<String, String> environment, List<JavaProcess> processors)
            throws Exception {
        KinesisConfig config = KinesisConfig.read(new Environment(environment));
        Set<String> positions = new HashSet<>();
        try (KinesisAsyncClient kinesis = KinesisClients.create(config, Duration.ofSeconds(20), 4)) {
            for (int kill = 1; kill <= KILLS; kill++) {
                JavaProcess victim = processors.getLast();
                // which takes nothing before the other one's shards stand still
                processors.add(JavaProcess.start(services.directory(), "processor", environment));
                putGarbage(kinesis, kill);
                processors.getLast().awaitReady();
                Await.until(
                        victim + " has committed and lags",
                        () -> victim.metric("millrace_processor_commits_total") > 0
                                && !positions.contains(
                                        Stored.positions(services).toString())
                                && Stored.lags(services));
                victim.kill();
                Set<String> position = Stored.positions(services);
                LOG.info("Kill {} of {} at {}", kill, victim, position);
                assertTrue(positions.add(position.toString()), "no progress between two kills");
            }
        }
    }

    private static void putGarbage(KinesisAsyncClient kinesis, int number) {
        for (String data : List.of("no reading " + number, "{\"sensorId\":\"machine-1\"}", "[]")) {
            kinesis.putRecord(request -> request.streamName(Services.STREAM)
                            .partitionKey("garbage-" + number)
                            .data(SdkBytes.fromString(data, UTF_8)))
                    .join();
        }
    }

    private static void verify(Services services, Set<String> acknowledged) throws Exception {
        StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
        LOG.info("{} acknowledged readings, {}", acknowledged.size(), content);

        assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
        content.assertStored(services);
        assertEquals(3 * KILLS, content.deadLetters.size());
        assertFalse(content.anomalies.isEmpty());
    }

    /** The latest value of each sensor, in Redis and as the gateway answers it. */
    private static void verifyLatest(Services services, int httpPort) throws Exception {
        List<String> latest = Stored.latest(services, "temperature");
        assertEquals(SENSORS, latest.size());
        try (Api api = new Api(httpPort)) {
            for (String row : latest) {
                String[] parts = row.split("\\|", -1);
                String sensor = parts[0];
                long timestamp = Long.parseLong(parts[1]);
                double value = Double.parseDouble(parts[2]);
                Await.until("Redis has the latest value of " + sensor, () -> {
                    String[] field = services.redis(Command.HGET, "sensor:{" + sensor + "}", "temperature")
                            .split(" ", 2);
                    return field.length == 2
                            && Long.parseLong(field[0]) == timestamp
                            && Double.compare(Double.parseDouble(field[1]), value) == 0;
                });
                JsonObject answered =
                        api.get("/sensors/" + sensor).getJsonObject("values").getJsonObject("temperature");
                assertEquals(
                        new JsonObject().put("value", value).put("timestamp", Rfc3339.format(timestamp)),
                        answered,
                        sensor);
            }
        }
    }
}
