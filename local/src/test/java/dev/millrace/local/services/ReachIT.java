package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who reaches the embedded servers: by this machine's own address in a network, which is not loopback, as another machine would. */
class ReachIT {

    private static final String WRONG_PASSWORD = "28P01";
    private static final String NOT_ALLOWED = "28000";

    private final Path temporary;
    private final InetAddress address;

    ReachIT(@TempDir Path temporary) throws IOException {
        this.temporary = temporary;
        Optional<InetAddress> found = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(each -> each instanceof Inet4Address && !each.isLoopbackAddress())
                .findFirst();
        assumeTrue(found.isPresent(), "this machine has no address in a network");
        address = found.orElseThrow();
    }

    @Test
    void otherMachinesReachTheDatabaseWithItsPasswordAndNothingElseThere() throws Exception {
        try (var directory = RunDirectory.open(temporary, "run-");
                var postgres = LocalPostgres.start(
                        0, directory.resolve("postgresql"), LocalPostgres.binaries(directory), Reach.OTHER_MACHINES)) {
            String there = "jdbc:postgresql://" + address.getHostAddress() + ":" + postgres.port();

            assertEquals("millrace", user(there + "/millrace", "millrace"));
            assertEquals(WRONG_PASSWORD, refusal(there + "/millrace", "guessed"));
            assertEquals(NOT_ALLOWED, refusal(there + "/postgres", "millrace"));
            assertEquals("millrace", user(postgres.jdbcUrl(), "millrace"));
            assertEquals(WRONG_PASSWORD, refusal(postgres.jdbcUrl(), "guessed"));
        }
    }

    @Test
    void otherMachinesReachRedisAndTheEmulatorButNotWhatMakesItFail() throws Exception {
        try (var directory = RunDirectory.open(temporary, "run-");
                var redis = LocalRedis.start(0, directory.resolve("redis"), Reach.OTHER_MACHINES);
                var kinesis = LocalKinesis.start(0, "stream", 1, Reach.OTHER_MACHINES)) {
            int port = kinesis.emulator().port();

            assertEquals("+PONG\r\n", ping(redis.port()));
            String unsigned = call(HttpRequest.newBuilder(uri(port, "/"))
                    .header("X-Amz-Target", "Kinesis_20131202.ListStreams")
                    .header("Content-Type", "application/x-amz-json-1.1")
                    .POST(HttpRequest.BodyPublishers.ofString("{}")));
            assertTrue(unsigned.contains("MissingAuthenticationToken"), unsigned);
            String faults = call(HttpRequest.newBuilder(uri(port, "/_faults")));
            assertTrue(faults.contains("only from this machine"), faults);
            assertEquals("127.0.0.1", kinesis.emulator().endpoint().getHost());
        }
    }

    @Test
    void unlessToldNobodyElseReachesAnyOfThem() throws Exception {
        try (var directory = RunDirectory.open(temporary, "run-");
                var postgres =
                        LocalPostgres.start(0, directory.resolve("postgresql"), LocalPostgres.binaries(directory));
                var redis = LocalRedis.start(0, directory.resolve("redis"));
                var kinesis = LocalKinesis.start(0, "stream", 1)) {

            for (int port :
                    new int[] {postgres.port(), redis.port(), kinesis.emulator().port()}) {
                assertThrows(ConnectException.class, () -> new Socket(address, port).close());
            }
        }
    }

    private static String user(String url, String password) throws SQLException {
        try (var connection = DriverManager.getConnection(url, "millrace", password);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT current_user")) {
            assertTrue(rows.next());
            return rows.getString(1);
        }
    }

    private static String refusal(String url, String password) {
        return assertThrows(SQLException.class, () -> user(url, password)).getSQLState();
    }

    private String ping(int port) throws IOException {
        try (var socket = new Socket(address, port)) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII);
        }
    }

    private URI uri(int port, String path) {
        return URI.create("http://" + address.getHostAddress() + ":" + port + path);
    }

    private static String call(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
