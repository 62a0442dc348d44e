package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stream is away for a while and comes back: when readings are acknowledged again, in virtual time, with the settings' defaults. */
class OutageTest {

    private static final int SEEDS = 10;
    private static final long MILLI = 1_000_000;
    private static final long BACK = Duration.ofSeconds(20).toNanos();
    private static final long RECOVERY = Duration.ofSeconds(2).toNanos();

    /** Failures in a row after which a lane waits as long as it ever does. */
    private static final int MOST_PATIENT = 6;

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 100})
    void everyLaneAcknowledgesWithinTwoSecondsOfTheStreamsReturn(int shards) throws Exception {
        for (long seed = 0; seed < SEEDS; seed++) {
            new Outage(seed, shards).run();
        }
    }

    /** A stream that fails every call until it is back. */
    private static final class Outage implements ShardedStream {

        private final long seed;
        private final Random random;
        private final VirtualLoop loop;
        private final ShardMap shards;
        private final Publisher publisher;
        private final Map<String, String> sensors = new HashMap<>();

        /** When a reading of each shard was first acknowledged after the return. */
        private final Map<String, Long> acknowledged = new HashMap<>();

        Outage(long seed, int count) throws Exception {
            this.seed = seed;
            random = new Random(seed);
            loop = new VirtualLoop(random);
            shards = FakeStream.evenly(count);
            publisher = new Publisher(
                    loop,
                    this,
                    shards,
                    PublisherConfig.read(new Environment(Map.of())),
                    FakeStream.availability(),
                    new GatewayMetrics(new SimpleMeterRegistry()),
                    random);
            IntStream.iterate(0, i -> i + 1)
                    .mapToObj(i -> "s" + i)
                    .takeWhile(_ -> sensors.size() < count)
                    .forEach(sensor -> sensors.putIfAbsent(shardOf(sensor), sensor));
        }

        void run() {
            sensors.forEach((shard, sensor) -> loop.in(random.nextLong(100 * MILLI), () -> send(shard, sensor)));
            loop.in(BACK, () -> publisher
                    .routing()
                    .lanes()
                    .forEach(lane -> assertTrue(
                            lane.failures() >= MOST_PATIENT, () -> lane.failures() + " failures, seed " + seed)));
            assertTrue(
                    loop.runUntil(40, () -> acknowledged.size() == sensors.size(), () -> {}),
                    () -> "only " + acknowledged.keySet() + ", seed " + seed);
            long last = Collections.max(acknowledged.values());
            assertTrue(last - BACK < RECOVERY, () -> (last - BACK) / MILLI + " ms, seed " + seed);
        }

        /** A reading every 100 ms, whatever becomes of those before. */
        private void send(String shard, String sensor) {
            StreamLine line =
                    StreamLine.of(new Reading(sensor, loop.nanoTime(), List.of(new Measurement.Numeric("t", 1))));
            publisher.publish(List.of(line)).onSuccess(publication -> {
                if (publication.retry().isEmpty()) {
                    assertTrue(loop.nanoTime() >= BACK);
                    acknowledged.putIfAbsent(shard, loop.nanoTime());
                } else {
                    assertEquals(0, publication.accepted());
                }
            });
            loop.in(100 * MILLI, () -> send(shard, sensor));
        }

        private String shardOf(String partitionKey) {
            return shards.shards()
                    .get(shards.indexOf(HashKey.ofPartitionKey(partitionKey)))
                    .id();
        }

        @Override
        public Future<ShardMap> shardMap() {
            return Future.succeededFuture(shards);
        }

        @Override
        public Future<List<PutResult>> putRecords(List<Entry> entries) {
            Promise<List<PutResult>> promise = Promise.promise();
            List<PutResult> results = entries.stream()
                    .<PutResult>map(entry -> loop.nanoTime() < BACK
                            ? new PutResult.Unknown("ConnectException")
                            : new PutResult.Accepted(shardOf(entry.partitionKey())))
                    .toList();
            loop.in(5 * MILLI + random.nextLong(10 * MILLI), () -> promise.complete(results));
            return promise.future();
        }
    }
}
