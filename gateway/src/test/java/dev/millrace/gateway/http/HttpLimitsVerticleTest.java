package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.query.LatestValues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients may take of the server, and that it gets it back. */
class HttpLimitsVerticleTest extends HttpDoorFixture {

    private static final String HEAD = "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

    /** Time passes only where a test lets it: a machine that is held up cuts nobody off. */
    private static final AtomicLong CLOCK = new AtomicLong();

    private final Deque<Socket> sockets = new ArrayDeque<>();

    @Override
    HttpLimits limits() {
        return new HttpLimits(1_000, 2048, 1024, FAST.requestTimeout(), FAST.idleTimeout(), 0);
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    /** Lets a part of what a limit grants go by. */
    private static void pass() {
        CLOCK.addAndGet(Duration.ofMillis(300).toNanos());
    }

    @AfterEach
    void closeSockets() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void cutsOffASlowBodyAndGivesItsRoomBack() throws Exception {
        Socket socket = connect();
        write(socket, HEAD + "Content-Length: 1000000\r\n\r\n");
        write(socket, '"' + "x".repeat(1000));
        await("it is being read", () -> bodyBytes() > 0);

        assertTrue(isCutOff(socket, "x"));

        assertEquals(1, cut(Cut.SLOW_REQUEST));
        await("a body that was cut off holds no memory", () -> bodyBytes() == 0);
        assertStillServes();
    }

    @Test
    void cutsOffASlowHeadThoughBytesKeepComing() throws Exception {
        Socket first = connect();
        write(first, HEAD);
        assertTrue(isCutOff(first, "X-A: b\r\n"));

        stream.acceptAll();
        Socket second = connect();
        write(second, HEAD + "Content-Length: " + READING.length() + "\r\n\r\n" + READING);
        assertTrue(answer(second).startsWith("HTTP/1.1 202 "));
        assertTrue(isCutOff(second, "X"));

        assertEquals(2, cut(Cut.IDLE));
    }

    @Test
    void cutsOffAConnectionOnWhichNothingHappens() throws Exception {
        assertTrue(isCutOff(connect(), ""));
        assertEquals(1, cut(Cut.IDLE));
    }

    @Test
    void doesNotCountTheTimeThatTheStreamTakes() throws Exception {
        CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(post(READING), HttpResponse.BodyHandlers.ofString());
        FakeStream.Call call = stream.nextCall();

        // which shows that more time went by than a request may take
        assertTrue(isCutOff(connect(), ""));
        call.accept(stream);

        assertEquals(202, answer.join().statusCode());
        assertEquals(0, cut(Cut.SLOW_REQUEST));
    }

    @Test
    void cutsOffAClientThatDoesNotReadItsAnswers() throws Exception {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("s", new LatestValues.Timed(new Measurement.State("s", "x".repeat(256)), 0));
        for (int i = 0; i < 1_000; i++) {
            store.latest.put("sensor-" + i, new LatestValues("sensor-" + i, values));
        }
        store.cacheAway = true;
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), door.port()));
        sockets.add(socket);
        try {
            // some 300 KiB of answer each
            write(socket, "GET /sensors?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
        } catch (IOException e) {
            // it is cut off while it writes
        }

        await("the first is answered", () -> store.sensorPages.get() > 0);
        await("it is cut off", () -> {
            pass();
            return cut(Cut.UNREAD_ANSWER) == 1;
        });
        await("its connection is gone", () -> openConnections() == 0);
        assertTrue(store.sensorPages.get() < 1_000, store.sensorPages + " answers were made for nobody");
        assertStillServes();
    }

    @Test
    void answersHeadsThatAreTooLargeByTheContract() throws Exception {
        for (String head : List.of(
                "GET /" + "x".repeat(1100) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(3000) + "\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n".repeat(1000) + "\r\n")) {
            String answer = raw(head);

            assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
            assertTrue(answer.contains("\"code\":\"malformed\""), answer);
            assertTrue(answer.contains("connection: close"), answer);
        }
        assertEquals(
                200,
                Integer.parseInt(raw("GET /" + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + "x".repeat(1500)
                                + "\r\n\r\n")
                        .substring(9, 12)));
    }

    @Test
    void answersExpectContinueWithContinueOrWithTheRefusal() throws Exception {
        stream.acceptAll();
        Socket socket = connect();
        write(socket, HEAD + "Expect: 100-continue\r\nContent-Length: " + READING.length() + "\r\n\r\n");
        assertTrue(answer(socket).startsWith("HTTP/1.1 100 Continue"));
        write(socket, READING);
        assertTrue(answer(socket).startsWith("HTTP/1.1 202 "));

        for (String head : List.of(
                HEAD + "Content-Length: 5000000\r\n",
                "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 10\r\n",
                "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n",
                "PUT /sensors HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n")) {
            // it must not wait for a body that the client may not send, nor take what follows for one
            String refusal = raw(head + "Expect: 100-continue\r\n\r\n");

            assertTrue(refusal.matches("(?s)HTTP/1.1 4[01].*"), refusal);
            assertFalse(refusal.contains("100 Continue"), refusal);
            assertTrue(refusal.contains("connection: close"), refusal);
        }
    }

    @Test
    void ignoresExpectationsThatItDoesNotKnow() throws Exception {
        stream.acceptAll();
        String answer = raw(HEAD + "Expect: the-unexpected\r\nConnection: close\r\nContent-Length: " + READING.length()
                + "\r\n\r\n" + READING);

        assertTrue(answer.startsWith("HTTP/1.1 202 "), answer);
    }

    @Test
    void asksClientsToGoWhenItIsAboutToStop() throws Exception {
        stream.acceptAll();
        door.leave();

        HttpResponse<String> answer = send(post(READING));
        assertEquals(202, answer.statusCode());
        assertEquals("close", answer.headers().firstValue("connection").orElseThrow());
        assertTrue(raw("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").contains("connection: close"));
        assertEquals(0, cut(Cut.IDLE), "it closes them itself, and earlier");
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    /** Writes now and then until the server closes. */
    private static boolean isCutOff(Socket socket, String text) throws IOException {
        socket.setSoTimeout(50);
        for (int i = 0; i < 400; i++) {
            try {
                write(socket, text);
                return socket.getInputStream().read() == -1;
            } catch (java.net.SocketTimeoutException e) {
                // not yet
                pass();
            } catch (IOException e) {
                return true;
            }
        }
        return false;
    }

    /** The bytes of one answer that came in one piece. */
    private static String answer(Socket socket) throws IOException {
        byte[] bytes = new byte[4096];
        int length = socket.getInputStream().read(bytes);
        return new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII);
    }

    private double bodyBytes() {
        return registry.get("millrace.gateway.body.bytes").gauge().value();
    }

    private double cut(Cut reason) {
        return registry.counter(
                        "millrace.gateway.connections.cut",
                        "reason",
                        reason.name().toLowerCase(java.util.Locale.ROOT))
                .count();
    }
}
