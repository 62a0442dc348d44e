package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.ingest.SensorScope;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are answered before their bodies have come: the answer can be read, and nobody sends for ever. */
class UnwantedBodyVerticleTest extends HttpDoorFixture {

    private static final AtomicLong CLOCK = new AtomicLong();
    private static final byte[] CHUNK =
            ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);

    /** Whoever shows a key may do nothing. */
    UnwantedBodyVerticleTest() {
        super(credentials -> switch (credentials) {
            case Credentials.Bearer _, Credentials.Certificate _ ->
                new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY);
            case Credentials.None _, Credentials.Malformed _ ->
                new Authentication.Authenticated(new Principal("test", Role.ADMIN, SensorScope.ALL));
        });
    }

    @Override
    HttpLimits limits() {
        return FAST;
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    /** Of each kind of early answer: before a byte of the body was read, and in the middle of it. */
    @ParameterizedTest
    @CsvSource({
        "404, POST /nowhere, X: y",
        "405, PUT /sensors, X: y",
        "200, GET /, X: y",
        "401, POST /sensors, Authorization: Bearer x",
        "401, GET /sensors, Authorization: Bearer x",
        "415, POST /sensors, Content-Type: text/csv",
        "415, POST /sensors, Content-Encoding: br",
        "413, POST /sensors, X: y",
        "400, POST /sensors, Content-Encoding: gzip",
    })
    void answersAtOnceAndCutsOffASenderThatDoesNotEnd(int status, String call, String header) throws Exception {
        try (Socket socket = connect()) {
            String type = header.startsWith("Content-Type") ? "" : "Content-Type: application/json\r\n";
            write(socket, call + " HTTP/1.1\r\nHost: x\r\n" + type + header + "\r\nTransfer-Encoding: chunked\r\n\r\n");
            OutputStream out = socket.getOutputStream();
            for (int sent = 0; sent <= 4 << 20; sent += 0x10000) {
                out.write(CHUNK);
            }

            // though more is to come
            assertEquals(
                    "HTTP/1.1 " + status,
                    new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));

            assertTrue(endsWhileItSends(out), "300 MB were taken");
        }
        await("it is counted", () -> cut(Cut.UNWANTED_BODY) == 1);
    }

    @Test
    void answersBeforeABodyThatSaysThatItIsTooLarge() throws Exception {
        try (Socket socket = connect()) {
            String length = "Content-Length: " + 99_999_999;
            write(
                    socket,
                    "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + length + "\r\n\r\n");

            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

            assertTrue(answer.startsWith("HTTP/1.1 413 ") && answer.contains("connection: close"), answer);
        }
    }

    @Test
    void whoStopsInTheMiddleOfABodyReadsTheAnswerAndIsCutOff() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
            assertEquals("HTTP/1.1 404", new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));

            CLOCK.addAndGet(Duration.ofSeconds(1).toNanos());

            socket.getInputStream().readAllBytes();
            await("it is counted", () -> cut(Cut.SLOW_REQUEST) == 1);
        }
    }

    /** Bytes that keep coming behind an answer that ends the connection hold it for no longer than a request may take. */
    @Test
    void whoNeverEndsBehindTheLastAnswerIsCutOff() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
            write(socket, "Content-Length: 99999999\r\n\r\n");
            assertEquals("HTTP/1.1 413", new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));

            await("it is cut off", () -> {
                CLOCK.addAndGet(Duration.ofMillis(5).toNanos());
                try {
                    write(socket, " ");
                } catch (IOException e) {
                    // that is it
                }
                return cut(Cut.SLOW_REQUEST) == 1;
            });
        }
    }

    @Test
    void aSenderThatGoesAwayLeavesNothingBehind() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
            assertEquals("HTTP/1.1 404", new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));
        }
        await("its connection is gone", () -> openConnections() == 0);
    }

    /** The clock stands: no limit closes these, but that the answer said so. */
    @ParameterizedTest
    @ValueSource(strings = {"POST /nowhere", "PUT /sensors", "POST /sensors"})
    void whoAsksBeforeSendingABodyAndIsToldNoIsClosedAndNotCutOff(String call) throws Exception {
        String answer = raw(call + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");

        assertTrue(answer.matches("(?s)HTTP/1.1 4[01][0-9] .*"), answer);
        assertTrue(answer.contains("connection: close"), answer);
        assertEquals(0, cut(Cut.SLOW_REQUEST));
    }

    @Test
    void tellsNobodyOfHttp10ToGoOn() throws Exception {
        stream.acceptAll();
        String answer = raw("POST /sensors HTTP/1.0\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: " + READING.length() + "\r\n\r\n" + READING);

        assertFalse(answer.contains(" 100 "), answer);
        assertTrue(answer.startsWith("HTTP/1.0 202 ") || answer.startsWith("HTTP/1.1 202 "), answer);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static boolean endsWhileItSends(OutputStream out) {
        try {
            for (int i = 0; i < 5_000; i++) {
                out.write(CHUNK);
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private double cut(Cut reason) {
        return registry.counter(
                        "millrace.gateway.connections.cut",
                        "reason",
                        reason.name().toLowerCase(Locale.ROOT))
                .count();
    }
}
