package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRedisTest {

    private final Path parent;

    LocalRedisTest(@TempDir Path parent) {
        this.parent = parent;
    }

    @Test
    void keepsValuesWhileItRunsAndNothingAfterwards() throws Exception {
        int port;
        try (var directory = RunDirectory.open(parent, "run-");
                var redis = LocalRedis.start(0, directory.resolve("redis"))) {
            port = redis.port();
            assertEquals("redis://127.0.0.1:" + port, redis.settings().get("REDIS_URL"));
            try (var socket = new Socket(LoopbackPort.loopback(), port)) {
                assertEquals("+OK\r\n", ask(socket, "SET answer 42\r\n", 5));
                assertEquals("$2\r\n42\r\n", ask(socket, "GET answer\r\n", 8));
            }
        }

        assertThrows(ConnectException.class, () -> new Socket(LoopbackPort.loopback(), port).close());
        assertEquals(List.of(), children());
    }

    @Test
    void listensOnTheLoopbackInterfaceAlone() throws Exception {
        try (var directory = RunDirectory.open(parent, "run-");
                var redis = LocalRedis.start(0, directory.resolve("redis"))) {
            for (InetAddress address : ownAddresses()) {
                assertThrows(IOException.class, () -> new Socket(address, redis.port()).close(), address.toString());
            }
        }
    }

    @Test
    void namesTheWayOutWhenItsProgramFails() throws Exception {
        try (var directory = RunDirectory.open(parent, "run-")) {
            Path program = Files.writeString(
                    Files.createFile(directory.resolve("program")),
                    "#!/bin/sh\necho error while loading shared libraries: libssl.so.3 >&2\nexit 127\n");
            assertTrue(program.toFile().setExecutable(true));

            var failure = assertThrows(
                    StartFailure.class,
                    () -> LocalRedis.start(0, directory.resolve("redis"), Reach.THIS_MACHINE, program::toFile));

            assertEquals("""
                    Redis did not start (the program ended with code 127); set REDIS_URL to use another one
                      error while loading shared libraries: libssl.so.3""", failure.getMessage());
        }
    }

    @Test
    void namesTheWayOutWhenThereIsNoProgramForThisSystem() throws Exception {
        try (var directory = RunDirectory.open(parent, "run-")) {
            var failure = assertThrows(
                    StartFailure.class,
                    () -> LocalRedis.start(0, directory.resolve("redis"), Reach.THIS_MACHINE, () -> {
                        throw new IOException("no binary");
                    }));

            assertEquals("Redis did not start (no binary); set REDIS_URL to use another one", failure.getMessage());
        }
    }

    private static List<InetAddress> ownAddresses() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
    }

    private static String ask(Socket socket, String command, int answerLength) throws IOException {
        socket.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readNBytes(answerLength), StandardCharsets.US_ASCII);
    }

    private List<Path> children() throws IOException {
        try (var paths = Files.list(parent)) {
            return paths.toList();
        }
    }
}
