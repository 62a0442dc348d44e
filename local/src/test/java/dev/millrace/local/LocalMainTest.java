package dev.millrace.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.auth.ApiKey;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalMainTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(strings = {"", "nothing", "services simulate", "REPLAY"})
    void answersAnUnknownCommandLineWithTheUsage(String line) {
        assertEquals(LocalMain.USAGE, run(Map.of(), line.isEmpty() ? new String[0] : line.split(" ", -1)));

        assertTrue(err.toString(StandardCharsets.UTF_8).startsWith("Usage: java -jar local.jar COMMAND"));
    }

    @Test
    void printsTheUsageWhenAsked() {
        assertEquals(0, run(Map.of(), "--help"));

        String usage = out.toString(StandardCharsets.UTF_8);
        for (LocalCommand command : LocalCommand.values()) {
            assertTrue(usage.contains("\n  " + command.word()), command.word());
        }
    }

    @Test
    void theWholePlatformIsNotForOtherMachines() {
        assertEquals(InvalidConfiguration.EXIT_CODE, run(Map.of("SERVICES_HOST", "0.0.0.0"), "all"));

        assertTrue(err.toString(StandardCharsets.UTF_8).contains("SERVICES_HOST: is for the services alone"));
    }

    @Test
    void tellsEveryWrongSettingAtOnce() {
        var variables = Map.of(
                "DATABASE_PORT",
                "70000",
                "REDIS_PORT",
                "none",
                "GATEWAY_URL",
                "localhost",
                "GATEWAY_MQTT_URL",
                "http://localhost:1883",
                "SIMULATED_SENSORS",
                "-1");

        assertEquals(InvalidConfiguration.EXIT_CODE, run(variables, "services"));

        assertEquals("""
                The configuration has 5 problems:
                  DATABASE_PORT: must be a whole number from 0 to 65535
                  REDIS_PORT: must be a whole number from 0 to 65535
                  SIMULATED_SENSORS: must be a whole number from 0 to 10000
                  GATEWAY_URL: must be an address such as http://localhost:8080
                  GATEWAY_MQTT_URL: must be an address such as mqtt://localhost:1883
                """, err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void tellsWhatReplayNeeds() {
        assertEquals(InvalidConfiguration.EXIT_CODE, run(Map.of("RATE", "fast"), "replay"));

        assertEquals("""
                The configuration has 4 problems:
                  FILE: must be set to a CSV file
                  SENSOR: must be set to a sensor's id
                  METRIC: must be set to a measurement's name
                  RATE: must be a number of readings per second
                """, err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void makesAKeyThatTheKeyFileTakes() {
        var variables = Map.of("KEY_NAME", "press-line", "KEY_SENSORS", "press-*,sensor-001");
        assertEquals(0, run(variables, "key"));
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        ApiKey key = new ApiKey(lines.get(1).strip());

        assertEquals(
                "{\"name\":\"press-line\",\"sha256\":\"" + key.sha256()
                        + "\",\"role\":\"device\",\"sensors\":[\"press-*\",\"sensor-001\"]}",
                lines.get(3).strip());
        assertEquals(0, run(Map.of("KEY_NAME", "any", "KEY_ROLE", "reader"), "key"));
        assertFalse(out.toString(StandardCharsets.UTF_8).lines().toList().get(5).contains(key.text()));
    }

    @Test
    void tellsWhatAKeyNeeds() {
        assertEquals(InvalidConfiguration.EXIT_CODE, run(Map.of("KEY_ROLE", "root"), "key"));
        assertEquals(
                InvalidConfiguration.EXIT_CODE, run(Map.of("KEY_NAME", "a b", "KEY_SENSORS", "press-4,,*4"), "key"));
        assertEquals(
                InvalidConfiguration.EXIT_CODE,
                run(Map.of("KEY_NAME", "a", "KEY_ROLE", "reader", "KEY_SENSORS", "*"), "key"));

        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals("""
                The configuration has 3 problems:
                  KEY_NAME: must be set to what the key is called in logs
                  KEY_ROLE: must be one of reader, operator, admin, device
                  KEY_SENSORS: must be there for a device
                The configuration has 3 problems:
                  KEY_NAME: must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit
                  KEY_SENSORS: [1]: must be a sensor's id, or the beginning of one and *
                  KEY_SENSORS: [2]: must be a sensor's id, or the beginning of one and *
                The configuration has 1 problem:
                  KEY_SENSORS: must not be there but for a device
                """, err.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mqtt:localhost", "mqtt://", "mqtts://there", "mqtt://user:pass@there", "mqtt://there/path"})
    void tellsAnMqttAddressThatIsNone(String address) {
        assertEquals(InvalidConfiguration.EXIT_CODE, run(Map.of("GATEWAY_MQTT_URL", address), "services"));

        assertEquals("""
                The configuration has 1 problem:
                  GATEWAY_MQTT_URL: must be an address such as mqtt://localhost:1883
                """, err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void theGatewaysAddressesAreThoseOfThisMachineUnlessTold() {
        LocalConfig here = LocalConfig.read(new Environment(Map.of("HTTP_PORT", "8081", "MQTT_PORT", "1884")));
        LocalConfig there = LocalConfig.read(
                new Environment(Map.of("GATEWAY_URL", "https://there/", "GATEWAY_MQTT_URL", "mqtt://there/")));

        assertEquals(URI.create("http://localhost:8081"), here.simulation().gateway());
        assertEquals(URI.create("mqtt://localhost:1884"), here.simulation().mqttGateway());
        assertEquals(URI.create("https://there"), there.simulation().gateway());
        assertEquals(URI.create("mqtt://there"), there.simulation().mqttGateway());
    }

    @ParameterizedTest
    @ValueSource(strings = {"doctor", "all"})
    void aTakenPortOfTheMqttDoorIsToldWithItsVariable(String command) throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String taken = Integer.toString(other.getLocalPort());

            assertEquals(1, run(Map.of("MQTT_PORT", taken), command));

            String report = out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
            assertTrue(report.contains("Port " + taken + " is taken; choose another with MQTT_PORT\n"), report);
        }
    }

    @Test
    void doctorFindsATakenPort() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String taken = Integer.toString(other.getLocalPort());

            assertEquals(1, run(Map.of("KINESIS_PORT", taken, "DATABASE_URL", "postgresql://there/db"), "doctor"));

            String report = out.toString(StandardCharsets.UTF_8);
            assertTrue(
                    report.contains("FAIL  Port " + taken + " is taken; choose another with KINESIS_PORT\n"), report);
            assertTrue(report.contains("ok    Java " + Runtime.version() + "\n"), report);
            assertTrue(report.contains("ok    PostgreSQL: the one of DATABASE_URL\n"), report);
            assertTrue(report.contains("ok    Redis: embedded\n"), report);
        }
    }

    @Test
    void doctorDoesNotMindAPortOfAServerThatRunsElsewhere() throws Exception {
        try (var database = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var redis = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String databasePort = Integer.toString(database.getLocalPort());
            String redisPort = Integer.toString(redis.getLocalPort());

            run(
                    Map.of(
                            "DATABASE_URL",
                            "postgresql://there/db",
                            "DATABASE_PORT",
                            databasePort,
                            "REDIS_URL",
                            "redis://there",
                            "REDIS_PORT",
                            redisPort),
                    "doctor");

            String report = out.toString(StandardCharsets.UTF_8);
            assertFalse(report.contains(databasePort), report);
            assertFalse(report.contains(redisPort), report);
        }
    }

    private int run(Map<String, String> variables, String... arguments) {
        return LocalMain.run(
                arguments,
                variables,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                new StopSignal());
    }
}
