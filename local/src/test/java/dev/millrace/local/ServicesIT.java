package dev.millrace.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code services} as a process of its own. */
class ServicesIT {

    private static final long MAX_SECONDS = 60;

    private final Path temporary;

    private final List<Process> processes = new ArrayList<>();
    private int databasePort;
    private int redisPort;
    private int kinesisPort;

    ServicesIT(@TempDir Path temporary) {
        this.temporary = temporary;
    }

    @BeforeEach
    void choosesPorts() throws IOException {
        databasePort = FreePort.choose();
        redisPort = FreePort.choose();
        kinesisPort = FreePort.choose();
    }

    @AfterEach
    void endsTheProcesses() throws InterruptedException {
        for (Process process : processes) {
            process.destroy();
            process.waitFor(MAX_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
    }

    @Test
    void leavesNothingBehindWhenItIsAskedToStop() throws Exception {
        Process services = start();
        List<String> lines = awaitReady(services);
        assertTrue(accepts(databasePort) && accepts(redisPort));
        assertEquals(
                List.of(), lines.stream().filter(line -> line.contains("WARN")).toList());

        services.destroy();

        assertTrue(services.waitFor(MAX_SECONDS, TimeUnit.SECONDS));
        assertFalse(accepts(databasePort) || accepts(redisPort));
        assertEquals(List.of(), left());
    }

    @Test
    void stopsCleanlyAlsoWhenItIsAskedToWhileItStarts() throws Exception {
        Process services = start();
        awaitDirectory(services);

        services.destroy();

        assertTrue(services.waitFor(MAX_SECONDS, TimeUnit.SECONDS));
        assertFalse(accepts(databasePort) || accepts(redisPort));
        assertEquals(List.of(), left());
    }

    @Test
    void startsOnTheSamePortsAfterARunThatWasKilled() throws Exception {
        Process killed = start();
        awaitReady(killed);
        killed.destroyForcibly().waitFor();
        assertTrue(accepts(databasePort) && accepts(redisPort), "the killed run's servers go on");

        Process services = start();
        awaitReady(services);
        services.destroy();

        assertTrue(services.waitFor(MAX_SECONDS, TimeUnit.SECONDS));
        assertEquals(List.of(), left());
    }

    @Test
    void namesTheVariableOfATakenPortAndEnds() throws Exception {
        try (var other = new ServerSocket(redisPort, 1, InetAddress.getLoopbackAddress())) {
            Process services = start();

            String output = new String(services.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertEquals("Port " + other.getLocalPort() + " is taken; choose another with REDIS_PORT", output.strip());
            assertEquals(1, services.waitFor());
            assertEquals(List.of(), left());
        }
    }

    private Process start() throws IOException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", // what the manifest says when it is run from its jar
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        LocalMain.class.getName(),
                        "services")
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "DATABASE_PORT", Integer.toString(databasePort),
                        "REDIS_PORT", Integer.toString(redisPort),
                        "KINESIS_PORT", Integer.toString(kinesisPort)));
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Reads what it prints until the end of the list of settings. */
    private static List<String> awaitReady(Process process) throws IOException {
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(line);
            if (line.contains("REDIS_URL=")) {
                return lines;
            }
        }
        throw new AssertionError("ended before it was ready: " + lines);
    }

    private void awaitDirectory(Process process) throws IOException {
        while (process.isAlive() && left().isEmpty()) {
            Thread.onSpinWait();
        }
    }

    private List<String> left() throws IOException {
        try (var paths = Files.list(temporary)) {
            // hsperfdata belongs to the Java VM; the script is what the PostgreSQL library leaves when its process is
            // killed
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("hsperfdata") && !name.startsWith("detect_linux_distribution"))
                    .toList();
        }
    }

    private static boolean accepts(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
