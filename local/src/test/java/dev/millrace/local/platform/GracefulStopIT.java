package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** G8 with real processes: SIGTERM of gateway and processor under load and in the middle of a replay. */
class GracefulStopIT {

    private static final int SIGTERM_EXIT = 143;

    /** At the replay's rate more than are sent in the longest time that {@link Await} waits for the stop. */
    private static final int FILE_ROWS = 300_000;

    private static final Pattern RESULT = Pattern.compile("accepted ([0-9]+), rejected 0, failed ([0-9]+) in .*");

    @Test
    void noAcceptedReadingIsMissingWhenEverythingStopsUnderLoad() throws Exception {
        try (Services services = new Services(2)) {
            Map<String, String> environment = services.environment();
            int httpPort = FreePort.choose();
            Map<String, String> gatewayEnvironment = new HashMap<>(environment);
            gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));

            Set<String> accepted;
            Set<String> unanswered;
            int replayed;
            try (JavaProcess processor = JavaProcess.start(services.directory(), "processor", environment);
                    JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment)) {
                processor.awaitReady();
                gateway.awaitReady();
                try (JavaProcess replay = replay(services, httpPort);
                        Load load = Load.start(httpPort, 5, 4_000)) {
                    Await.until(
                            "readings of both are stored",
                            () -> load.accepted.size() > 4_000
                                    && Stored.userRecords(services) > 4_000
                                    && replayedRows(services) > 2_000);
                    gateway.terminate();
                    processor.terminate();
                    assertEquals(SIGTERM_EXIT, gateway.awaitExit());
                    assertEquals(SIGTERM_EXIT, processor.awaitExit());
                    accepted = load.accepted;
                    unanswered = load.unanswered;
                    assertEquals(1, replay.awaitExit(), replay::output);
                    replayed = accepted(replay);
                }
                gateway.assertNoFault();
                processor.assertNoFault();
            }
            StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
            Set<String> silent = new HashSet<>(content.readings);
            silent.retainAll(unanswered);
            silent.removeAll(accepted);
            assertEquals(Set.of(), silent, "published, and its sender not told");

            try (JavaProcess processor = JavaProcess.start(services.directory(), "processor", environment)) {
                processor.awaitReady();
                Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
            }
            assertTrue(content.readings.containsAll(accepted), "an acknowledged reading is not in the stream");
            content.assertStored(services);
            assertFalse(content.anomalies.isEmpty());
            assertReplayedIsStored(services, replayed);
        }
    }

    /** A program that replays a file of readings of {@code press-4}, a millisecond apart, the value rising by 0.5. */
    private static JavaProcess replay(Services services, int httpPort) throws Exception {
        Path file = services.directory().resolve("press-4.csv");
        List<String> lines = new ArrayList<>(List.of("timestamp,value"));
        for (int i = 0; i < FILE_ROWS; i++) {
            lines.add(Load.START / 1_000 + i + "," + i * 0.5);
        }
        Files.write(file, lines);
        return JavaProcess.start(
                services.directory(),
                "local",
                Map.of(
                        "FILE", file.toString(),
                        "SENSOR", "press-4",
                        "METRIC", "stroke",
                        "RATE", "2000",
                        "RETRY_FOR", "1s",
                        "GATEWAY_URL", "http://127.0.0.1:" + httpPort),
                "replay");
    }

    private static long replayedRows(Services services) throws Exception {
        return services.number(
                "SELECT count(*) FROM measurement JOIN sensor USING (sensor_key)" + " WHERE sensor_id = 'press-4'");
    }

    /** What the last line says was accepted. */
    private static int accepted(JavaProcess replay) {
        String last = replay.output().strip().lines().reduce("", (_, line) -> line);
        Matcher result = RESULT.matcher(last);
        assertTrue(result.matches(), replay::output);
        int accepted = Integer.parseInt(result.group(1));
        assertEquals(FILE_ROWS, accepted + Integer.parseInt(result.group(2)), "every row is counted once");
        return accepted;
    }

    /** A replay sends in the file's order: what was accepted are its first rows. */
    private static void assertReplayedIsStored(Services services, int accepted) throws Exception {
        Set<String> missing = new TreeSet<>();
        IntStream.range(0, accepted)
                .forEach(i -> missing.add("press-4|stroke|" + (Load.START + i * 1_000L) + "|" + i * 0.5));
        Stored.rows(services).forEach(missing::remove);
        assertEquals(Set.of(), missing, accepted + " rows of the file were accepted");
    }
}
