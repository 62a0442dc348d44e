package dev.millrace.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.http.RawHttp2.Frame;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2, frame by frame: what is wrong with a stream ends that stream, and nobody takes more than they may. */
class Http2VerticleTest extends TlsHttpFixture {

    private static final AtomicLong CLOCK = new AtomicLong();

    @Override
    HttpLimits limits() {
        return FAST;
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    @Test
    void manyStreamsAreAnsweredEach() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            for (int id = 1; id < 100; id += 2) {
                client.post(id, READING);
            }
            Set<Integer> answered = new HashSet<>();
            for (int i = 0; i < 50; i++) {
                Frame first = client.read();
                answered.add(first.stream());
                assertEquals("202 {\"accepted\":1}", client.answer(first));
            }
            assertEquals(50, answered.size());
        }
        await("the connection is gone", () -> openConnections() == 0);
    }

    @Test
    void readingsOfOneStreamDoNotWaitForAnothersBody() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.beginPost(1);
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
            client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, READING.getBytes(UTF_8));
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
    }

    /** Nobody need wait until they have heard what is allowed, and this client never says that it has. */
    @Test
    void moreStreamsThanMayBeAreRefusedAndTheOthersGoOn() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            for (int i = 0; i < Http2Client.MAX_STREAMS; i++) {
                client.beginPost(1 + 2 * i);
            }
            int oneMore = 1 + 2 * Http2Client.MAX_STREAMS;
            client.beginPost(oneMore);

            Frame refused = client.read();
            assertEquals(RawHttp2.RESET, refused.type());
            assertEquals(oneMore, refused.stream());
            assertEquals(Http2Error.REFUSED_STREAM.code(), refused.number());

            client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, READING.getBytes(UTF_8));
            assertEquals("202 {\"accepted\":1}", client.answer());
            client.post(oneMore + 2, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
    }

    @Test
    void moreQueriesAtATimeThanMayBeAreToldToComeBack() throws Exception {
        // a client that grants no byte of an answer
        try (RawHttp2 client = connect(RawHttp2.setting(4, 0))) {
            for (int i = 0; i <= Http2Client.MAX_QUERIES; i++) {
                client.get(1 + 2 * i, "/");
            }
            Set<String> statuses = new HashSet<>();
            for (int i = 0; i <= Http2Client.MAX_QUERIES; i++) {
                Frame head = client.read();
                assertEquals(RawHttp2.HEADERS, head.type());
                if (head.stream() == 1 + 2 * Http2Client.MAX_QUERIES) {
                    statuses.add("the last " + head.stream());
                }
            }
            assertEquals(1, statuses.size());
        }
        await(
                "it is counted",
                () -> registry.find("millrace.gateway.requests").tag("status", "503").counters().stream()
                                .mapToDouble(counter -> counter.count())
                                .sum()
                        == 1);
    }

    @Test
    void aStreamThatIsTooSlowEndsAloneAndWhatItHeldIsGivenBack() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.beginPost(1).send(RawHttp2.DATA, 0, 1, "[{\"sensorId\":\"a\",".getBytes(UTF_8));
            await("it holds memory", () -> bodyBytes() > 0);
            CLOCK.addAndGet(Duration.ofSeconds(1).toNanos());
            Frame reset = client.read();

            assertEquals(RawHttp2.RESET, reset.type());
            assertEquals(Http2Error.CANCEL.code(), reset.number());
            assertEquals(1, cut("slow_request"));
            await("nothing is held", () -> bodyBytes() == 0);
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
    }

    @Test
    void aStreamThatItsClientResetsGivesBackWhatItHeld() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.beginPost(1).send(RawHttp2.DATA, 0, 1, "[{\"sensorId\":\"a\",".getBytes(UTF_8));
            await("it holds memory", () -> bodyBytes() > 0);
            client.send(RawHttp2.RESET, 0, 1, new byte[] {0, 0, 0, 8});
            await("nothing is held", () -> bodyBytes() == 0);
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "404, POST, /nowhere, application/json, Bearer admin",
        "405, PUT, /sensors, application/json, Bearer admin",
        "401, POST, /sensors, application/json, Bearer no",
        "415, POST, /sensors, text/csv, Bearer admin",
    })
    void whoIsAnsweredBeforeTheBodyIsStoppedSoon(
            String status, String method, String path, String type, String authorization) throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.send(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS,
                    1,
                    RawHttp2.head(method, path, "content-type", type, "authorization", authorization));
            assertTrue(client.answer().startsWith(status));
            // a client that would send for ever
            for (int sent = 0; sent <= Http2Client.WINDOW; sent += 16384) {
                client.send(RawHttp2.DATA, 0, 1, new byte[16384]);
            }
            Frame reset = client.read();
            assertEquals(RawHttp2.RESET, reset.type());
            assertEquals(Http2Error.NO_ERROR.code(), reset.number());
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
    }

    @Test
    void aBodyThatSaysThatItIsTooLargeIsAnsweredAndTheConnectionGoesOn() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.beginPost(1, "content-length", "99999999");
            assertTrue(client.answer().startsWith("413"));
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
            // who stops in the middle is not waited for
            CLOCK.addAndGet(Duration.ofSeconds(1).toNanos());
            assertEquals(RawHttp2.RESET, client.read().type());
        }
    }

    @Test
    void anAnswerThatIsNotReadEndsItsStream() throws Exception {
        try (RawHttp2 client = connect(RawHttp2.setting(4, 0))) {
            client.get(1, "/");
            assertEquals(RawHttp2.HEADERS, client.read().type());
            await("it is cut off", () -> {
                CLOCK.addAndGet(Duration.ofMillis(5).toNanos());
                return cut("unread_answer") == 1;
            });
            Frame reset = client.read();
            assertEquals(RawHttp2.RESET, reset.type());
            assertEquals(1, reset.stream());
        }
    }

    @Test
    void aConnectionWithoutAStreamEndsByGoAway() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.post(1, READING);
            client.answer();
            await("it is cut off", () -> {
                CLOCK.addAndGet(Duration.ofMillis(5).toNanos());
                return cut("idle") == 1;
            });
            Frame goAway = client.readToEnd().orElseThrow();
            assertEquals(1, goAway.number());
            assertEquals(Http2Error.NO_ERROR.code(), goAway.code());
        }
        await("it is gone", () -> openConnections() == 0);
    }

    @Test
    void aGatewayThatLeavesSaysSoAndAnswersWhatComesAllTheSame() throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.post(1, READING);
            client.answer();
            door.leave();
            client.post(3, READING);
            Frame goAway = client.read();
            assertEquals(RawHttp2.GO_AWAY, goAway.type());
            assertEquals(Integer.MAX_VALUE, goAway.number());
            assertEquals("202 {\"accepted\":1}", client.answer());
            client.post(5, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());

            assertEquals(5, client.readToEnd().orElseThrow().number());
        }
    }

    @Test
    void aStopAnswersWhatIsInFlight() throws Exception {
        try (RawHttp2 client = connect()) {
            client.post(1, READING).post(3, READING);
            await(
                    "both are on their way",
                    () -> registry.counter("millrace.gateway.request.bytes").count() == 2 * READING.length());
            Future<Void> drained = door.drain(Duration.ofSeconds(20));
            assertEquals(RawHttp2.GO_AWAY, client.read().type());
            stream.acceptAll();
            stream.nextCall().accept(stream);
            assertEquals("202 {\"accepted\":1}", client.answer());
            assertEquals("202 {\"accepted\":1}", client.answer());
            client.readToEnd();
            drained.await();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "sensors", "http://x/"})
    void aPathThatIsNoneIsMalformed(String path) throws Exception {
        try (RawHttp2 client = connect()) {
            client.get(1, path);
            assertTrue(client.answer().startsWith("400 {"));
        }
    }

    @Test
    void aRequestWithoutAnAuthorityIsMalformed() throws Exception {
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            RawHttp2.literal(block, ":method", "GET");
            RawHttp2.literal(block, ":scheme", "https");
            RawHttp2.literal(block, ":path", "/");
            client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, block.toByteArray());
            assertTrue(client.answer().startsWith("400 {"));
        }
    }

    /** It has no path, and is no request of ours; the stream is over, and the connection can be used. */
    @ParameterizedTest
    @ValueSource(ints = {RawHttp2.END_HEADERS | RawHttp2.END_STREAM, RawHttp2.END_HEADERS})
    void aConnectIsMalformed(int flags) throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            RawHttp2.literal(block, ":method", "CONNECT");
            RawHttp2.literal(block, ":authority", "localhost");
            client.send(RawHttp2.HEADERS, flags, 1, block.toByteArray());
            assertTrue(client.answer().startsWith("400 {"));
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
        await("it is gone", () -> openConnections() == 0);
    }

    /** What readers could understand in two ways never comes to a handler. */
    @ParameterizedTest
    @CsvSource({
        "host, elsewhere",
        "connection, keep-alive",
        "transfer-encoding, chunked",
        "Upper, case",
        "content-length, -1",
        "content-length, +13",
        "content-length, 1x",
        ":path, /other",
    })
    void aHeadAgainstTheRulesResetsItsStreamOrEndsTheConnection(String name, String value) throws Exception {
        try (RawHttp2 client = connect()) {
            client.get(1, "/", name, value);
            Optional<Frame> answer = client.next();
            if (answer.isPresent() && answer.get().type() == RawHttp2.HEADERS) {
                assertTrue(client.answer(answer.get()).startsWith("400"));
            } else {
                assertTrue(
                        answer.isEmpty()
                                || answer.get().type() == RawHttp2.RESET
                                || answer.get().type() == RawHttp2.GO_AWAY,
                        answer::toString);
            }
        }
        await("it is gone", () -> openConnections() == 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, -1})
    void aBodyOfAnotherLengthThanItSaysIsNotTaken(int difference) throws Exception {
        stream.acceptAll();
        try (RawHttp2 client = connect()) {
            client.beginPost(1, "content-length", "" + (READING.length() + difference))
                    .send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, READING.getBytes(UTF_8));
            Frame reset = client.read();
            assertEquals(RawHttp2.RESET, reset.type());
            client.post(3, READING);
            assertEquals("202 {\"accepted\":1}", client.answer());
        }
        await("nothing is held", () -> bodyBytes() == 0);
    }

    @Test
    void aHeadThatIsTooLargeIsNotTaken() throws Exception {
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            frames.writeBytes(RawHttp2.frame(
                    RawHttp2.HEADERS, RawHttp2.END_STREAM, 1, RawHttp2.head("GET", "/", "x", "y".repeat(12_000))));
            for (int i = 0; i < 10; i++) {
                ByteArrayOutputStream more = new ByteArrayOutputStream();
                RawHttp2.literal(more, "x" + i, "y".repeat(12_000));
                frames.writeBytes(RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, more.toByteArray()));
            }
            endsByGoAway(client, frames.toByteArray());
        }
    }

    private double bodyBytes() {
        return registry.get("millrace.gateway.body.bytes").gauge().value();
    }

    private double cut(String reason) {
        return registry.counter("millrace.gateway.connections.cut", "reason", reason.toLowerCase(Locale.ROOT))
                .count();
    }
}
