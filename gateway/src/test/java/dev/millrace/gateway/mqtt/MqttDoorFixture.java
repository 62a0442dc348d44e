package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.limit.Rate;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.tls.Tls;
import dev.millrace.gateway.tls.TlsConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A door with everything around it in memory, and what its tests say to it. The door's time stands still unless a test lets
 * it {@link #pass}: a machine that is held up cuts nobody off.
 */
abstract class MqttDoorFixture {

    final Vertx vertx = Vertx.vertx();
    final FakeStream stream = new FakeStream(2);
    final AtomicLong now = new AtomicLong(Duration.ofDays(1).toNanos());
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final GatewayMetrics metrics = new GatewayMetrics(registry);
    final Rejections rejections = new Rejections(InstantSource.system());
    final ReceiptClock receipt = new ReceiptClock(Clock.systemUTC());
    final Ingestor ingestor =
            new Ingestor(new ReadingDecoder(ReadingLimits.DEFAULT), receipt, metrics, System::nanoTime);
    private final Deque<RawMqtt> clients = new ArrayDeque<>();
    private final ClientLimits shared = ClientLimits.of(bodyBytesLimit(), ratePerAddress(), ratePerDevice(), now.get());
    MqttDoor door;

    /** How long a packet may take; the door looks at its connections four times in it. */
    static final Duration PACKET_TIMEOUT = Duration.ofMillis(400);

    int maxConnections() {
        return 10_000;
    }

    int maxPacketBytes() {
        return 256 << 10;
    }

    int receiveMaximum() {
        return 256;
    }

    /** How long a publish may wait for the stream, by the door's time or, where the publisher has it, the real one. */
    Duration stallTimeout() {
        return Duration.ofSeconds(60);
    }

    /** The memory of all that is being read. */
    long bodyBytesLimit() {
        return 64 << 20;
    }

    Optional<Integer> webSocketPort() {
        return Optional.empty();
    }

    /** What the door shows where it speaks TLS. */
    Optional<TlsConfig> tlsConfig() {
        return Optional.empty();
    }

    /** Publishes a second that an address may make, 0: without limit. */
    int ratePerAddress() {
        return 0;
    }

    /** What a sender may send of which nothing else is said. */
    Rate ratePerDevice() {
        return Rate.UNLIMITED;
    }

    /** The most bytes of readings on their way. */
    long bufferBytes() {
        return 48 << 20;
    }

    /** Who is let in. */
    Authenticator authenticator() {
        return Authenticator.off();
    }

    /** Whether the publisher is there from the beginning. */
    boolean opensPublisher() {
        return true;
    }

    @BeforeEach
    void open() {
        MqttLimits limits = new MqttLimits(
                maxConnections(),
                maxPacketBytes(),
                receiveMaximum(),
                MqttLimits.DEFAULT.topicAliasMaximum(),
                MqttLimits.DEFAULT.connectTimeout(),
                PACKET_TIMEOUT,
                MqttLimits.DEFAULT.maxKeepAlive(),
                MqttLimits.DEFAULT.maxSessionExpiry(),
                stallTimeout());
        AuthFailureLog failures = new AuthFailureLog(metrics, now::get);
        door = new MqttDoor(
                vertx,
                new MqttConfig("127.0.0.1", Optional.of(0), tlsConfig().map(_ -> 0), webSocketPort(), limits),
                ingestor,
                shared,
                authenticator(),
                failures,
                receipt,
                rejections,
                new MqttMetrics(registry),
                new Random(2),
                tlsConfig().map(config -> new Tls(config, metrics, failures, InstantSource.system())),
                now::get);
        door.open(2).await();
        if (opensPublisher()) {
            openPublisher();
        }
    }

    final void openPublisher() {
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                new PublisherConfig(
                        bufferBytes(),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(50),
                        new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
    }

    @AfterEach
    void close() throws IOException {
        for (RawMqtt client : clients) {
            client.close();
        }
        vertx.close().await();
    }

    /** A TCP connection that is closed after the test. */
    final RawMqtt dial(Version version) throws IOException {
        return remember(new RawMqtt(port(), version));
    }

    final RawMqtt remember(RawMqtt client) {
        clients.add(client);
        return client;
    }

    /** A client that was let in. */
    final RawMqtt enter(Version version, String clientId) throws IOException {
        return dial(version).enter(new Connect(version).clientId(clientId));
    }

    final int port() {
        return door.port();
    }

    /** Lets the door's time go by. */
    final void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, "waited in vain until " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** The memory of what is being read. */
    final long bodyBytes() {
        return shared.bodies().used();
    }

    /** The open connections. */
    final int openConnections() {
        return (int) gauge("connections.open");
    }

    final double gauge(String name) {
        return registry.get("millrace.gateway.mqtt." + name).gauge().value();
    }

    final double ended(MqttMetrics.End reason) {
        return registry.get("millrace.gateway.mqtt.disconnects")
                .tag("reason", reason.name().toLowerCase(java.util.Locale.ROOT))
                .counter()
                .count();
    }

    final double published(int qos, MqttMetrics.Publish outcome) {
        return registry.get("millrace.gateway.mqtt.publishes")
                .tag("qos", Integer.toString(qos))
                .tag("outcome", outcome.name().toLowerCase(java.util.Locale.ROOT))
                .counter()
                .count();
    }

    /** What {@code /rejections} shows, the newest first, as {@code client topic code field}. */
    final List<String> rejected() {
        JsonArray all = new JsonObject(rejections.toJson()).getJsonArray("rejections");
        return all.stream()
                .map(JsonObject.class::cast)
                .map(one -> one.getString("clientId") + " " + one.getString("topic") + " " + one.getString("code")
                        + Optional.ofNullable(one.getString("field"))
                                .map(field -> " " + field)
                                .orElse(""))
                .toList();
    }

    /** The sensors of the readings that the stream holds, with their time: {@code sensor@milliseconds}. */
    final List<String> stored() {
        return stream.lines().stream().map(MqttDoorFixture::brief).toList();
    }

    private static String brief(String line) {
        JsonObject reading = new JsonObject(line);
        return reading.getString("sensorId") + "@"
                + java.time.Instant.parse(reading.getString("timestamp")).toEpochMilli();
    }

    /** What {@link Publish#reading} of these numbers becomes. */
    static List<String> readings(String sensor, int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToObj(n -> sensor + "@" + n)
                .toList();
    }

    /** The first name whose readings go to a shard. */
    static String sensorOf(int shard) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "s" + i)
                .filter(id -> HashKey.ofPartitionKey(id).toBigInteger().testBit(127) == (shard == 1))
                .findFirst()
                .orElseThrow();
    }

    /** A newcomer is let in and served. */
    final void assertStillServes() throws IOException {
        stream.acceptAll();
        for (Version version : Version.values()) {
            try (RawMqtt client = new RawMqtt(port(), version)) {
                client.enter(new Connect(version).clientId("newcomer"));
                int before = stream.lines().size();
                client.publish(Publish.reading("newcomer", 1));
                client.expect("PUBACK 1");
                assertEquals(before + 1, stream.lines().size());
            }
        }
    }
}
