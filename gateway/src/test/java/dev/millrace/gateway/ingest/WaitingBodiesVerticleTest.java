package dev.millrace.gateway.ingest;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.publish.ShardMap;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * G4 where the readings of one body go different ways: bodies of a thousand, one of which is for a shard that refuses
 * everything. What waits is counted, and what does not wait is not kept.
 */
class WaitingBodiesVerticleTest {

    private static final int SHARDS = 10;
    private static final int BODIES = 200;
    private static final int READINGS = 1_000;

    /** A tenth of what the readings take that the stream has: their lines alone are 80 kB. */
    private static final long BYTES_PER_BODY = 16_000;

    private static final Duration LONG = Duration.ofMinutes(10);

    private final Vertx vertx = Vertx.vertx();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GatewayMetrics metrics = new GatewayMetrics(registry);
    private final FakeStream stream = new FakeStream(SHARDS);
    private final ShardMap shards = stream.shardMap().result();
    private final Ingestor ingestor = new Ingestor(
            new ReadingDecoder(ReadingLimits.DEFAULT), new ReceiptClock(Clock.systemUTC()), metrics, System::nanoTime);

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void aBodyThatWaitsForOneReadingKeepsOnlyThatOne() {
        stream.answerBy(entry -> isHot(entry.partitionKey())
                ? new PutResult.Throttled()
                : new PutResult.Accepted(shardOf(entry.partitionKey())));
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                shards,
                new PublisherConfig(48 << 20, LONG, Duration.ofSeconds(1), new Retry(LONG, LONG)),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
        byte[] body = body();
        // what is loaded and made once
        take(body);
        awaitOnlyHot(1);
        long before = live();

        List<Future<IngestOutcome>> outcomes = new ArrayList<>();
        for (int i = 2; i <= BODIES; i++) {
            outcomes.add(take(body));
            awaitOnlyHot(i);
        }

        await("little is kept of a body", () -> live() - before < BODIES * BYTES_PER_BODY);
        outcomes.forEach(outcome -> assertFalse(outcome.isComplete()));
    }

    private Future<IngestOutcome> take(byte[] bytes) {
        IngestBody body = ingestor.begin(BodyFormat.NDJSON, BodySource.of(SensorScope.ALL));
        assertTrue(body.write(bytes, 0, bytes.length));
        return body.end();
    }

    /** Waits until only so many readings, each for the hot shard, are on their way. */
    private void awaitOnlyHot(int readings) {
        await(
                "the other shards have theirs",
                () -> registry.get("millrace.gateway.buffered.bytes").gauge().value() <= readings * 300.0);
    }

    /** Lines of a thousand sensors, the first of them of the hot shard and no other. */
    private byte[] body() {
        StringBuilder lines = new StringBuilder();
        List<String> sensors = new ArrayList<>(List.of(sensors(true).getFirst()));
        sensors.addAll(sensors(false).subList(0, READINGS - 1));
        for (String sensor : sensors) {
            lines.append(
                    "{\"sensorId\":\"" + sensor + "\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"temperature\":72.5}\n");
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    private List<String> sensors(boolean ofHot) {
        return IntStream.range(0, 2 * READINGS)
                .mapToObj(i -> "s" + i)
                .filter(sensor -> isHot(sensor) == ofHot)
                .toList();
    }

    private boolean isHot(String sensor) {
        return shards.indexOf(HashKey.ofPartitionKey(sensor)) == 0;
    }

    private String shardOf(String sensor) {
        return shards.shards()
                .get(shards.indexOf(HashKey.ofPartitionKey(sensor)))
                .id();
    }

    /** The bytes of the objects that are alive, and of few others. */
    private static long live() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, "waited in vain until " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
