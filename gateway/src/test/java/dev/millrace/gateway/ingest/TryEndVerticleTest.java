package dev.millrace.gateway.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Chain;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bodies that wait for room, or for the publisher, before they end. */
class TryEndVerticleTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    /** Three readings, a line that is none, and one that has begun. */
    private static final String LINES = """
            {"sensorId":"a","t":1}
            {"sensorId":"b","t":1}
            {"t":1}
            {"sensorId":"a","t":2}""";

    private final Vertx vertx = Vertx.vertx();
    private final FakeStream stream = new FakeStream(1);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GatewayMetrics metrics = new GatewayMetrics(registry);
    private final Ingestor ingestor = new Ingestor(
            new ReadingDecoder(ReadingLimits.DEFAULT), new ReceiptClock(Clock.systemUTC()), metrics, System::nanoTime);
    private final Chain chain = new Chain();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void waitsForThePublisherWithAllThatItHolds() {
        IngestBody body = body(LINES);

        assertEquals(Optional.empty(), body.tryEnd(LONG, chain));
        long held = body.heldBytes();
        assertTrue(held > 3 * 100 + body.refusalBytes());
        assertEquals(Optional.empty(), body.tryEnd(LONG, chain));
        assertFalse(write(body, "\n{\"sensorId\":\"a\",\"t\":3}"), "the body had ended");
        assertEquals(held, body.heldBytes());
        assertEquals(0, rejections());
        stream.acceptAll();
        open();
        IngestOutcome.Accepted accepted = assertInstanceOf(
                IngestOutcome.Accepted.class,
                body.tryEnd(LONG, chain).orElseThrow().await());

        assertEquals(3, accepted.accepted());
        assertEquals(
                List.of(2), accepted.rejected().stream().map(ItemRefusal::index).toList());
        assertEquals(3, stream.lines().size());
        assertEquals(0, body.heldBytes());
        assertEquals(1, rejections());
        assertThrows(IllegalStateException.class, () -> body.tryEnd(LONG, chain));
        assertThrows(IllegalStateException.class, body::end);
    }

    @Test
    void waitsForRoom() throws Exception {
        open();
        List<Future<IngestOutcome>> before = new ArrayList<>();
        Optional<Future<IngestOutcome>> taken = body(LINES).tryEnd(LONG, chain);
        while (taken.isPresent()) {
            before.add(taken.get());
            taken = body(LINES).tryEnd(LONG, chain);
        }
        double counted = rejections();
        assertEquals(before.size(), counted);
        IngestBody body = body(LINES);
        assertEquals(Optional.empty(), body.tryEnd(LONG, chain));

        FakeStream.Call call = stream.nextCall();
        stream.acceptAll();
        call.accept(stream);
        Future.all(before).await();
        IngestOutcome outcome = body.tryEnd(LONG, chain).orElseThrow().await();

        assertEquals(3, assertInstanceOf(IngestOutcome.Accepted.class, outcome).accepted());
        assertEquals(3 * (before.size() + 1), stream.lines().size());
        assertEquals(counted + 1, rejections());
    }

    /** The time of its readings begins when they are taken, and ends by the time that was given, not by HTTP's. */
    @Test
    void givesUpAfterTheTimeThatItWasGiven() {
        open();

        IngestOutcome.Incomplete incomplete = assertInstanceOf(
                IngestOutcome.Incomplete.class,
                body(LINES).tryEnd(Duration.ofMillis(1), chain).orElseThrow().await());

        assertEquals(List.of(0, 1, 3), incomplete.retry());
        IngestOutcome.Incomplete after = assertInstanceOf(
                IngestOutcome.Incomplete.class,
                body(LINES).tryEnd(LONG, chain).orElseThrow().await());
        assertEquals(List.of(0, 1, 3), after.retry(), "the chain is broken");
    }

    @Test
    void tellsAtOnceWhatNeedsNoPublisher() {
        assertInstanceOf(IngestOutcome.NoneValid.class, tell("{\"t\":1}\n\n{\"sensorId\":\"a\"}"));
        assertEquals(2, rejections());
        assertInstanceOf(IngestOutcome.Malformed.class, tell(""));
        assertInstanceOf(IngestOutcome.TooManyReadings.class, tell("7\n".repeat(ReadingDecoder.MAX_READINGS + 1)));
        assertEquals(2, rejections());
    }

    @Test
    void aBodyThatWaitsIsTurnedAwayByTheDrainAndDoesNotHoldItUp() throws Exception {
        IngestBody waiting = body(LINES);
        assertEquals(Optional.empty(), waiting.tryEnd(LONG, chain));
        open();
        Future<IngestOutcome> published = body(LINES).tryEnd(LONG, chain).orElseThrow();

        Future<Void> drained = ingestor.drain();

        assertFalse(drained.isComplete(), "a body is on its way");
        assertEquals(
                new IngestOutcome.ShuttingDown(),
                waiting.tryEnd(LONG, chain).orElseThrow().await());
        assertEquals(0, waiting.heldBytes());
        stream.nextCall().accept(stream);
        drained.await(20, TimeUnit.SECONDS);
        assertInstanceOf(IngestOutcome.Accepted.class, published.await());
        assertEquals(1, rejections());
    }

    @Test
    void aDrainIsDoneWhereBodiesOnlyWait() throws Exception {
        assertEquals(Optional.empty(), body(LINES).tryEnd(LONG, chain));

        ingestor.drain().await(20, TimeUnit.SECONDS);
    }

    @Test
    void holdsNothingOnceItIsAborted() {
        IngestBody body = body(LINES);
        assertEquals(Optional.empty(), body.tryEnd(LONG, chain));

        body.abort();

        assertEquals(0, body.heldBytes());
        assertThrows(IllegalStateException.class, () -> body.tryEnd(LONG, chain));
    }

    /** As of a will: of the topic's sensor, and as old as the last sign of life. */
    @Test
    void readingsAreOfTheSensorAndTheTimeOfTheirSource() {
        stream.acceptAll();
        open();
        IngestBody body = ingestor.begin(
                BodyFormat.NDJSON,
                new BodySource(
                        sensor -> sensor.equals("press"),
                        Optional.of("press"),
                        OptionalLong.of(1_764_849_600_000_000L)));
        write(body, """
                {"status":"OFFLINE"}
                {"sensorId":"press","t":1}
                {"sensorId":"other","t":1}
                {"timestamp":0,"t":1}
                """);

        assertInstanceOf(
                IngestOutcome.Accepted.class,
                body.tryEnd(LONG, chain).orElseThrow().await());
        assertEquals(
                List.of(
                        "{\"sensorId\":\"press\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"status\":\"OFFLINE\"}",
                        "{\"sensorId\":\"press\",\"timestamp\":\"2025-12-04T12:00:00.000001Z\",\"t\":1}",
                        "{\"sensorId\":\"press\",\"timestamp\":\"1970-01-01T00:00:00Z\",\"t\":1}"),
                stream.lines());
    }

    /** One lane's part has room for few bodies. */
    private void open() {
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                new PublisherConfig(
                        32_000,
                        Duration.ofMinutes(10),
                        Duration.ofMinutes(1),
                        new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
    }

    private IngestOutcome tell(String text) {
        return body(text).tryEnd(LONG, chain).orElseThrow().await();
    }

    private IngestBody body(String text) {
        IngestBody body = ingestor.begin(BodyFormat.NDJSON, BodySource.of(SensorScope.ALL));
        write(body, text);
        return body;
    }

    private static boolean write(IngestBody body, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return body.write(bytes, 0, bytes.length);
    }

    private double rejections() {
        return registry.find("millrace.gateway.readings.rejected").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }
}
