package dev.millrace.gateway.http;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.limit.Rate;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device may send: two readings and 500 bytes a second, and what two seconds give at once. The door's time stands still. */
class SenderRateVerticleTest extends HttpDoorFixture {

    private static final AtomicLong CLOCK = new AtomicLong();

    SenderRateVerticleTest() {
        super(TestKeys.authenticator(
                entry("one", Role.DEVICE, "*"), entry("two", Role.DEVICE, "*"), entry("admin", Role.ADMIN)));
    }

    @Override
    Rate ratePerDevice() {
        return new Rate(2, 500);
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    private HttpResponse<String> post(String device, String body) throws Exception {
        return send(HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/x-ndjson")
                .header("authorization", key(device).authorization())
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static void pass(Duration time) {
        CLOCK.addAndGet(time.toNanos());
    }

    @Test
    void aDeviceOverItsRateIsToldWhenToComeAgainAndOthersAreNotTouched() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertEquals(202, post("one", READING).statusCode());
        }
        HttpResponse<String> refused = post("one", READING);
        assertProblem(429, "rate-limited", refused);
        assertEquals("1", refused.headers().firstValue("retry-after").orElseThrow());
        assertEquals(202, post("two", READING).statusCode());
        for (int i = 0; i < 10; i++) {
            assertEquals(202, post("admin", READING).statusCode());
        }
        assertEquals(429, post("one", READING).statusCode(), "to be refused costs nothing and gives nothing");
        pass(Duration.ofMillis(500));
        assertEquals(202, post("one", READING).statusCode());
        assertEquals(429, post("one", READING).statusCode());
    }

    @Test
    void everyReadingOfABodyCounts() throws Exception {
        assertEquals(202, post("one", (READING + "\n").repeat(9) + READING).statusCode());

        HttpResponse<String> refused = post("one", READING);
        assertEquals(429, refused.statusCode());
        assertEquals("4", refused.headers().firstValue("retry-after").orElseThrow(), "10 - 4 readings, at 2 a second");
        pass(Duration.ofSeconds(3).minusNanos(1));
        assertEquals(429, post("one", READING).statusCode());
        pass(Duration.ofNanos(1));
        assertEquals(202, post("one", READING).statusCode());
    }

    /** Both were let in when nothing had been taken: the second to end finds what the first has left. */
    @Test
    void bodiesThatComeAtATimeCountToo() throws Exception {
        String body = (READING + "\n").repeat(10);
        String head =
                "POST /sensors HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\nAuthorization: "
                        + key("one").authorization() + "\r\nContent-Length: " + body.length() + "\r\n\r\n";
        try (Socket first = new Socket(InetAddress.getLoopbackAddress(), door.port());
                Socket second = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            for (Socket socket : List.of(first, second)) {
                socket.setSoTimeout(20_000);
                write(socket, head + body.substring(0, 100));
            }
            await("both are being read", () -> shared.bodies().used() > 0);
            write(first, body.substring(100));
            assertTrue(read(first).startsWith("HTTP/1.1 202 "));
            write(second, body.substring(100));
            assertTrue(read(second).startsWith("HTTP/1.1 429 "));
        }
    }

    private static void write(Socket socket, String text) throws Exception {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static String read(Socket socket) throws Exception {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    @Test
    void soDoBytesOfWhatIsNoReading() throws Exception {
        assertEquals(422, post("one", " ".repeat(2_000) + "x").statusCode());

        assertEquals(
                "3", post("one", READING).headers().firstValue("retry-after").orElseThrow());
        pass(Duration.ofSeconds(3));
        assertEquals(202, post("one", READING).statusCode());
    }

    @Test
    void whoIsRefusedKeepsItsConnectionAndItsBodyIsThrownAway() throws Exception {
        for (int i = 0; i < 5; i++) {
            post("one", READING);
        }
        String head = "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: "
                + key("one").authorization() + "\r\nContent-Length: 100000\r\n\r\n";
        String answers =
                raw((head + "x".repeat(100_000)).repeat(3) + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertEquals(3, answers.split("HTTP/1\\.1 429 ", -1).length - 1, answers);
        assertEquals(1, answers.split("HTTP/1\\.1 200 ", -1).length - 1, answers);
    }
}
