package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.limit.Rate;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.tls.Tls;
import dev.millrace.gateway.tls.TlsConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A door with everything around it in memory, and what its tests say to it. */
abstract class HttpDoorFixture {

    static final String READING = "{\"sensorId\":\"a\",\"t\":1,\"timestamp\":1}";

    /** The server looks at its connections ten times a second. For a door's clock that a test sets forward. */
    static final HttpLimits FAST =
            new HttpLimits(1_000, 16 << 10, 8 << 10, Duration.ofMillis(400), Duration.ofMillis(800), 0);

    final Vertx vertx = createVertx();
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final FakeStream stream = new FakeStream(2);
    final FakeStore store = new FakeStore();
    final FakeRegistry devices = new FakeRegistry();
    final AtomicLong now = new AtomicLong();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final GatewayMetrics metrics = new GatewayMetrics(registry);
    final Ingestor ingestor = new Ingestor(
            new ReadingDecoder(ReadingLimits.DEFAULT), new ReceiptClock(Clock.systemUTC()), metrics, System::nanoTime);
    final ClientLimits shared;
    final Optional<Tls> tls;
    final HttpDoor door;

    /** A door at which nobody is asked who they are. */
    HttpDoorFixture() {
        this(Authenticator.off());
    }

    HttpDoorFixture(Authenticator authenticator) {
        HttpConfig config =
                new HttpConfig("127.0.0.1", Optional.of(0), tlsConfig().map(_ -> 0), 4 << 20, 64 << 20, limits());
        shared = ClientLimits.of(
                config.bodyBufferBytes(),
                config.limits().ratePerAddress(),
                ratePerDevice(),
                doorClock().getAsLong());
        AuthFailureLog failures = new AuthFailureLog(metrics, now::get);
        tls = tlsConfig().map(given -> new Tls(given, metrics, failures, tlsClock()));
        door = new HttpDoor(
                vertx,
                config,
                ingestor,
                new LatestQuery(store.cache(), store, FakeStream.availability(), now::get),
                store,
                store,
                devices,
                metrics,
                new Gate(authenticator, failures),
                shared,
                tls,
                doorClock());
    }

    /** What the door shows where it speaks TLS, called as {@link #limits} is. */
    Optional<TlsConfig> tlsConfig() {
        return Optional.empty();
    }

    /** What clients may take; a test of a limit has its own. It is called before the test's own fields are set. */
    HttpLimits limits() {
        return HttpLimits.DEFAULT;
    }

    /** What a sender may send of which nothing else is said; called as {@link #limits} is. */
    Rate ratePerDevice() {
        return Rate.UNLIMITED;
    }

    /** How long a reading may take to get into the stream; a test that waits for the end of it has a shorter one. */
    Duration publishTimeout() {
        return Duration.ofSeconds(10);
    }

    /** What it runs on, called as {@link #limits} is. */
    Vertx createVertx() {
        return Vertx.vertx();
    }

    /** The door's clock, called as {@link #limits} is. */
    LongSupplier doorClock() {
        return System::nanoTime;
    }

    /** Tells whether the server's certificates are valid; called as {@link #limits} is. */
    InstantSource tlsClock() {
        return InstantSource.system();
    }

    @BeforeEach
    void open() {
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                new PublisherConfig(
                        48 << 20,
                        publishTimeout(),
                        publishTimeout().dividedBy(5),
                        new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
        door.open(2).await();
    }

    @AfterEach
    void close() {
        client.close();
        vertx.close().await();
    }

    final void awaitRefusedConnection() throws Exception {
        await("nobody can connect", () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
                return !socket.isConnected();
            } catch (IOException e) {
                return true;
            }
        });
    }

    /** The open connections. */
    final double openConnections() {
        return registry.get("millrace.gateway.connections.open").gauge().value();
    }

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, "waited in vain until " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }

    final void assertStillServes() throws Exception {
        stream.acceptAll();
        assertEquals(202, send(post(READING)).statusCode());
    }

    static void assertProblem(int status, String code, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode(), answer.body());
        assertEquals(
                "application/problem+json",
                answer.headers().firstValue("content-type").orElseThrow());
        JsonObject json = new JsonObject(answer.body());
        assertEquals(code, json.getString("code"));
        assertEquals(status, json.getInteger("status"));
        assertFalse(answer.body().contains("Exception"), answer.body());
    }

    final HttpRequest post(String body) {
        return HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/json; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    final HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    final HttpResponse<String> send(HttpRequest request) throws Exception {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    final URI uri(String path) {
        return URI.create("http://127.0.0.1:" + door.port() + path);
    }

    /** Sends bytes as they are, and reads until the server closes. */
    final String raw(String text) throws Exception {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    final String raw(byte[] bytes) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
