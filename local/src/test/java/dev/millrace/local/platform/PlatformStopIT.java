package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM of the whole platform while it starts. */
class PlatformStopIT {

    @TempDir
    private Path output;

    @TempDir
    private Path temporary;

    @Test
    void aStopEndsAStartThatWaitsForADatabaseThatNeverComes() throws Exception {
        Map<String, String> environment = new HashMap<>();
        for (String name : List.of("HTTP_PORT", "MQTT_PORT", "PROCESSOR_OPS_PORT", "REDIS_PORT", "KINESIS_PORT")) {
            environment.put(name, Integer.toString(FreePort.choose()));
        }
        environment.put("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d?sslmode=disable");
        environment.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        // Given the embedded PostgreSQL's port is taken, which does not matter: it is not started
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("DATABASE_PORT", Integer.toString(other.getLocalPort()));
            try (JavaProcess platform = JavaProcess.start(output, "local", environment, "all")) {
                Await.until("it waits for PostgreSQL", () -> {
                    assertTrue(platform.isAlive(), platform::output);
                    return platform.output().contains("Waiting for PostgreSQL");
                });

                platform.terminate();

                assertEquals(143, platform.awaitExit());
                assertFalse(platform.output().contains("\tat "), platform::output);
            }
        }
        for (String name : List.of("HTTP_PORT", "MQTT_PORT", "PROCESSOR_OPS_PORT", "REDIS_PORT", "KINESIS_PORT")) {
            assertFalse(accepts(Integer.parseInt(environment.get(name))), name);
        }
        try (var left = Files.list(temporary)) {
            assertEquals(
                    List.of(),
                    left.map(path -> path.getFileName().toString())
                            .filter(name -> name.startsWith("millrace"))
                            .toList());
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
