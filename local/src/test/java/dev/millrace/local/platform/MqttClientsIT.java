package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Devices of other authors' libraries against a real gateway, over good networks and bad ones: what was acknowledged is stored, once. */
class MqttClientsIT {

    private static final Set<MqttLibrary> ALL = EnumSet.allOf(MqttLibrary.class);

    private static Services services;
    private static JavaProcess gateway;
    private static JavaProcess processor;
    private static int mqttPort;
    private static int webSocketPort;

    @BeforeAll
    static void start() throws Exception {
        services = new Services(2);
        processor = JavaProcess.start(services.directory(), "processor", services.environment());
        processor.awaitReady();
        mqttPort = FreePort.choose();
        webSocketPort = FreePort.choose();
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(FreePort.choose()));
        environment.put("MQTT_PORT", Integer.toString(mqttPort));
        environment.put("MQTT_WEBSOCKET_PORT", Integer.toString(webSocketPort));
        gateway = JavaProcess.start(services.directory(), "gateway", environment);
        gateway.awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        processor.close();
        services.close();
    }

    @AfterEach
    void noFaultOfOurs() {
        gateway.assertNoFault();
    }

    @Test
    void whatEachLibraryPublishesIsStored() throws Exception {
        try (MqttLoad load = MqttLoad.start(mqttPort, "good-", ALL, 0, 1, 2)) {
            Await.until("all have published", () -> load.delivered() >= 60);
            load.finish();
            load.assertStored(services);
        }
    }

    @Test
    void overABadNetworkWhatIsAcknowledgedIsStoredOnce() throws Exception {
        bad("bad-", 1, false, 1, 2);
    }

    @Test
    void overANetworkThatDuplicatesWhatIsAcknowledgedIsStoredOnce() throws Exception {
        bad("duplicated-", 1_000_000, true, 1);
    }

    private static void bad(String prefix, long seed, boolean duplicates, int... qos) throws Exception {
        try (TcpFaultProxy proxy = new TcpFaultProxy(mqttPort, seed, duplicates);
                MqttLoad load = MqttLoad.start(proxy.port(), prefix, ALL, qos)) {
            try {
                Await.until("it was bad", () -> proxy.cuts() >= 25 && load.delivered() >= 80);
            } catch (AssertionError e) {
                throw new AssertionError(proxy.cuts() + " cuts, delivered: " + load, e);
            }
            proxy.becomeCalm();
            load.finish();
            load.assertStored(services);
        }
    }

    @Test
    void overWebSocketToo() throws Exception {
        try (MqttDevice device = MqttLibrary.overWebSocket(webSocketPort, "web")) {
            for (int n = 0; n < 30; n++) {
                device.publish("sensors/web", reading(n), 1 + n % 2).get(1, TimeUnit.MINUTES);
            }
            byte[] large = ("{\"n\":30,\"timestamp\":30}" + " ".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
            device.publish("sensors/web", large, 1).get(1, TimeUnit.MINUTES);
        }
        awaitRows("web", 31);
    }

    @Test
    void mosquittoPubPublishes() throws Exception {
        Assumptions.assumeTrue(isInstalled(), "the mosquitto_pub command is not on the PATH");
        for (String version : List.of("311", "5")) {
            for (int qos = 0; qos <= 2; qos++) {
                String sensor = "mosquitto-" + version + "-" + qos;
                String lines = IntStream.range(0, 20)
                        .mapToObj(n -> new String(reading(n), StandardCharsets.UTF_8) + "\n")
                        .collect(Collectors.joining());
                assertEquals("", mosquitto(lines, "-V", version, "-q", "" + qos, "-t", "sensors/" + sensor, "-l"));
                awaitRows(sensor, 20);
            }
        }
        assertTrue(mosquitto("", "-V", "5", "-q", "1", "-t", "elsewhere", "-m", "{}")
                .contains("Topic"));
        Await.until("it is told what was refused", () -> gateway.body("/rejections")
                .contains("\"topic\":\"elsewhere\",\"code\":\"wrong-topic\""));
    }

    private static byte[] reading(int n) {
        return ("{\"n\":" + n + ",\"timestamp\":" + n + "}").getBytes(StandardCharsets.UTF_8);
    }

    private static void awaitRows(String sensor, int count) throws Exception {
        Await.until(
                sensor + " is stored",
                () -> Stored.rows(services).stream()
                                .filter(row -> row.startsWith(sensor + "|"))
                                .count()
                        == count);
    }

    /** What it writes. */
    private static String mosquitto(String input, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("mosquitto_pub", "-h", "127.0.0.1", "-p", Integer.toString(mqttPort)));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return output;
    }

    private static boolean isInstalled() {
        try {
            Process help = new ProcessBuilder("mosquitto_pub", "--help")
                    .redirectErrorStream(true)
                    .start();
            help.getInputStream().readAllBytes();
            help.waitFor();
            return true;
        } catch (IOException | InterruptedException _) {
            return false;
        }
    }
}
