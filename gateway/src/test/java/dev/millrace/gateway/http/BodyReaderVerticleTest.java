package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.http.BodyReader.Body;
import dev.millrace.gateway.http.encoding.ContentDecoder;
import dev.millrace.gateway.http.encoding.ContentDecoders;
import dev.millrace.gateway.http.encoding.ContentEncoding;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.ingest.SensorScope;
import dev.millrace.gateway.limit.BodyBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BodyReaderVerticleTest {

    private static final int LIMIT = 100_000;

    /** Room for one body of the largest size, but not for much more. */
    private static final int NARROW = 150_000;

    private static final int WIDE = 8_000_000;

    private static final String CHUNKED = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger openDecoders = new AtomicInteger();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GatewayMetrics metrics = new GatewayMetrics(registry);
    private final Ingestor ingestor = new Ingestor(
            new ReadingDecoder(ReadingLimits.DEFAULT), new ReceiptClock(Clock.systemUTC()), metrics, System::nanoTime);
    private final BlockingQueue<Body> bodies = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> broken = new LinkedBlockingQueue<>();
    private final Deque<Socket> sockets = new ArrayDeque<>();
    private BodyBudget budget = new BodyBudget(WIDE);
    private int port;

    /** Counts the decoders that hold memory: those made and not closed. */
    private ContentDecoders counted(ContentDecoders decoders) {
        return (encoding, output) -> {
            ContentDecoder decoder = decoders.create(encoding, output);
            openDecoders.incrementAndGet();
            return new ContentDecoder() {
                private boolean closed;

                @Override
                public Progress write(byte[] bytes, int offset, int length) {
                    return decoder.write(bytes, offset, length);
                }

                @Override
                public boolean isComplete() {
                    return decoder.isComplete();
                }

                @Override
                public void close() {
                    decoder.close();
                    if (!closed) {
                        closed = true;
                        openDecoders.decrementAndGet();
                    }
                }
            };
        };
    }

    @BeforeEach
    void listen() {
        listen(WIDE);
    }

    private void listen(int total) {
        budget = new BodyBudget(total);
        BodyReader reader = new BodyReader(LIMIT, budget, counted(ContentDecoders.forOneEventLoop()), metrics);
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> {
                    IngestBody sink = ingestor.begin(BodyFormat.JSON, BodySource.of(SensorScope.ALL));
                    ContentEncoding encoding = ContentEncoding.of(
                                    request.headers().getAll("content-encoding"))
                            .orElseThrow();
                    reader.read(request, encoding, sink)
                            .onSuccess(body -> {
                                sink.abort();
                                if (body instanceof Body.Complete(BodyBudget.Share refusals)) {
                                    refusals.resize(0);
                                }
                                request.response().end().onComplete(_ -> bodies.add(body));
                            })
                            .onFailure(broken::add);
                })
                .listen(0, "127.0.0.1")
                .await();
        port = server.actualPort();
    }

    @AfterEach
    void close() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        vertx.close().await();
        assertEquals(0, budget.used());
        assertEquals(0, openDecoders.get());
    }

    @Test
    void readsABodyUpToTheLimitAndRefusesALargerOne() throws Exception {
        send(post(LIMIT, ""), text(LIMIT));
        assertInstanceOf(Body.Complete.class, next());

        send(post(LIMIT + 1, ""), text(LIMIT + 1));
        assertEquals(new Body.TooLarge(LIMIT), next());
    }

    @Test
    void knowsByTheDeclaredLengthThatABodyIsTooLarge() throws Exception {
        send(post(LIMIT + 1, ""), new byte[0]);

        assertEquals(new Body.TooLarge(LIMIT), next());
    }

    @Test
    void doesNotWaitForTheEndOfABodyThatIsTooLarge() throws Exception {
        byte[] text = text(LIMIT + 1);
        String chunk = CHUNKED + Integer.toHexString(text.length) + "\r\n";

        send(chunk, text);

        assertEquals(new Body.TooLarge(LIMIT), next());
    }

    @Test
    void doesNotWaitForTheEndOfABodyThatHasASyntaxError() throws Exception {
        send(post(LIMIT, ""), new byte[100]);

        assertInstanceOf(Body.Complete.class, next());
    }

    @Test
    void refusesABodyWhileOthersTakeTheRoomAndGivesItBackWhenTheyBreak() throws Exception {
        listen(NARROW);
        Socket held = send(post(LIMIT, ""), text(LIMIT - 1));
        await(() -> budget.used() >= LIMIT - 1);
        send(post(60_000, ""), text(60_000));
        assertEquals(new Body.NoRoom(), next());

        held.close();
        await(() -> budget.used() == 0);
        send(post(LIMIT, ""), text(LIMIT));
        assertInstanceOf(Body.Complete.class, next());
    }

    /** What is decoded and what the decoder holds of native memory is counted, and given back when the connection breaks. */
    @ParameterizedTest
    @EnumSource(
            value = ContentEncoding.class,
            names = {"GZIP", "ZSTD"})
    void givesADecodersMemoryBackWhenTheConnectionBreaks(ContentEncoding encoding) throws Exception {
        byte[] body = encode(encoding, text(50_000));
        Socket socket = send(post(body.length, encoding.name()), Arrays.copyOf(body, body.length - 4));
        await(() -> budget.used() > 48_000 && openDecoders.get() == 1);

        socket.close();

        assertInstanceOf(Throwable.class, broken.poll(60, TimeUnit.SECONDS));
        await(() -> budget.used() == 0 && openDecoders.get() == 0);
    }

    @ParameterizedTest
    @EnumSource(
            value = ContentEncoding.class,
            names = {"GZIP", "ZSTD"})
    void givesADecodersMemoryBackWhenTheBodyEndsOrIsRefused(ContentEncoding encoding) throws Exception {
        byte[] body = encode(encoding, text(50_000));
        send(post(body.length, encoding.name()), body);
        assertInstanceOf(Body.Complete.class, next());
        await(() -> budget.used() == 0 && openDecoders.get() == 0);

        send(post(body.length - 1, encoding.name()), Arrays.copyOf(body, body.length - 1));
        assertEquals(new Body.Corrupt(encoding), next());
        await(() -> budget.used() == 0 && openDecoders.get() == 0);

        byte[] bomb = encode(encoding, ("\"" + "a".repeat(50 * LIMIT)).getBytes(StandardCharsets.UTF_8));
        assertTrue(bomb.length < LIMIT / 4);
        double before = registry.get("millrace.gateway.request.bytes").counter().count();
        send(post(bomb.length, encoding.name()), bomb);
        assertEquals(new Body.TooLarge(LIMIT), next());
        assertTrue(registry.get("millrace.gateway.request.bytes").counter().count() - before > LIMIT);
    }

    /** A body that is one text which does not end before the last byte, so that it is held as a whole. */
    private static byte[] text(int length) {
        byte[] text = new byte[length];
        Random random = new Random(length);
        for (int i = 0; i < length; i++) {
            text[i] = (byte) ('a' + random.nextInt(3));
        }
        text[0] = '"';
        text[length - 1] = '"';
        return text;
    }

    static byte[] encode(ContentEncoding encoding, byte[] bytes) throws Exception {
        return switch (encoding) {
            case IDENTITY -> bytes;
            case GZIP -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (OutputStream gzip = new GZIPOutputStream(out)) {
                    gzip.write(bytes);
                }
                yield out.toByteArray();
            }
            case ZSTD -> Zstd.compress(bytes);
        };
    }

    private static void await(BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not come about");
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private Body next() throws InterruptedException {
        Body body = bodies.poll(60, TimeUnit.SECONDS);
        if (body == null) {
            throw new AssertionError("no body came");
        }
        return body;
    }

    private static String post(int length, String encoding) {
        return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length
                + (encoding.isEmpty() ? "" : "\r\nContent-Encoding: " + encoding) + "\r\n\r\n";
    }

    /** Sends a head and bytes, and keeps the connection. */
    private Socket send(String head, byte[] bytes) throws Exception {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(socket);
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        try {
            for (int at = 0; at < bytes.length; at += 10_000) {
                out.write(bytes, at, Math.min(bytes.length - at, 10_000));
            }
            out.flush();
        } catch (java.io.IOException e) {
            // the server has cut it off
        }
        return socket;
    }
}
