package dev.millrace.gateway.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IngestorVerticleTest {

    /** Its readings are of a, no sensor, b, a, c. */
    private static final String LINES = """
            {"sensorId":"a","t":1}
            {"t":1}
            {"sensorId":"b","t":1}

            {"sensorId":"a","t":2}
            {"sensorId":"c","t":1}
            """;

    private final Vertx vertx = Vertx.vertx();
    private final FakeStream stream = new FakeStream(2);
    private final GatewayMetrics metrics = new GatewayMetrics(new SimpleMeterRegistry());
    private final Ingestor ingestor = new Ingestor(
            new ReadingDecoder(ReadingLimits.DEFAULT), new ReceiptClock(Clock.systemUTC()), metrics, System::nanoTime);

    @BeforeEach
    void open() {
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                new PublisherConfig(
                        48 << 20,
                        Duration.ofMillis(500),
                        Duration.ofMillis(100),
                        new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
    }

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void refusesReadingsOfSensorsOutsideTheScopeOneByOneInTheOrderOfTheBody() {
        stream.acceptAll();

        IngestOutcome.Accepted accepted =
                assertInstanceOf(IngestOutcome.Accepted.class, take(LINES, id -> id.equals("a")));

        assertEquals(2, accepted.accepted());
        assertEquals(
                List.of("1 INVALID_READING sensorId", "2 FORBIDDEN sensorId", "4 FORBIDDEN sensorId"),
                accepted.rejected().stream()
                        .map(refusal -> refusal.index() + " " + refusal.code() + " " + refusal.field())
                        .toList());
        assertEquals(2, stream.lines().size());
    }

    @Test
    void namesThePlacesInTheBodyOfWhatIsToBeSentAgain() {
        stream.answerBy(_ -> new PutResult.Unknown("InternalFailure"));

        IngestOutcome.Incomplete incomplete =
                assertInstanceOf(IngestOutcome.Incomplete.class, take(LINES, id -> !id.equals("b")));

        assertEquals(List.of(0, 3, 4), incomplete.retry());
        assertEquals(2, incomplete.rejected().size());
    }

    @Test
    void tellsThatNoneIsValidWithEachReason() {
        IngestOutcome.NoneValid none = assertInstanceOf(IngestOutcome.NoneValid.class, take(LINES, _ -> false));

        assertFalse(none.single());
        assertEquals(5, none.rejected().size());
    }

    @Test
    void publishesNothingOfABodyThatIsAborted() {
        stream.acceptAll();
        IngestBody body = ingestor.begin(BodyFormat.NDJSON, BodySource.of(SensorScope.ALL));
        assertTrue(write(body, LINES));
        assertTrue(body.heldBytes() > LINES.length());

        body.abort();

        assertEquals(0, body.heldBytes());
        assertFalse(write(body, LINES));
        assertEquals(List.of(), stream.lines());
    }

    @Test
    void holdsNothingOfABodyThatFailedBeforeItsEnd() {
        IngestBody body = ingestor.begin(BodyFormat.JSON, BodySource.of(SensorScope.ALL));
        assertTrue(write(body, "[{\"sensorId\":\"a\",\"t\":1},{\"sensorId\":\"a\","));
        assertTrue(body.heldBytes() > 0);

        assertFalse(write(body, "t:1}" + " ".repeat(100)));

        assertEquals(0, body.heldBytes());
        assertInstanceOf(IngestOutcome.Malformed.class, body.end().await());
    }

    @Test
    void answersBodiesThatEndedBeforeTheDrainAndRefusesThoseThatEndAfter() throws Exception {
        IngestBody before = ingestor.begin(BodyFormat.NDJSON, BodySource.of(SensorScope.ALL));
        IngestBody after = ingestor.begin(BodyFormat.NDJSON, BodySource.of(SensorScope.ALL));
        write(before, LINES);
        write(after, LINES);
        Future<IngestOutcome> taken = before.end();

        Future<Void> drained = ingestor.drain();

        assertEquals(new IngestOutcome.ShuttingDown(), after.end().await());
        FakeStream.Call call = stream.nextCall();
        assertFalse(drained.isComplete());
        stream.acceptAll();
        call.accept(stream);
        assertInstanceOf(IngestOutcome.Accepted.class, taken.await());
        drained.await();
    }

    private IngestOutcome take(String text, SensorScope scope) {
        IngestBody body = ingestor.begin(BodyFormat.NDJSON, BodySource.of(scope));
        write(body, text);
        return body.end().await();
    }

    private static boolean write(IngestBody body, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return body.write(bytes, 0, bytes.length);
    }
}
