package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication.Reason;
import dev.millrace.gateway.publish.ShardedStream.Entry;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** One of ten shards refuses everything, slowly: what the other nine have of it, in virtual time. */
class HotLaneTest {

    private static final int SHARDS = 10;
    private static final int REQUESTS = 8_000;
    private static final long MILLI = 1_000_000;

    @Test
    void aHotShardNeitherSlowsTheOthersNorTakesTheirRoom() {
        Run quiet = new Run(false);
        Run hot = new Run(true);

        assertEquals(0, quiet.refusedOfOthers + quiet.refusedOfHot);
        assertEquals(0, hot.refusedOfOthers, "requests for other shards were refused");
        assertTrue(hot.refusedOfHot > REQUESTS / 20, "the hot lane's own requests were not refused");
        // the first, before it is known to be hot
        assertTrue(hot.sharedWithHot <= 1, () -> hot.sharedWithHot + " calls were shared with the hot shard");
        assertTrue(
                hot.p99() <= quiet.p99() * 1.5,
                () -> "p99 " + hot.p99() / MILLI + " ms instead of " + quiet.p99() / MILLI + " ms");
    }

    private static final class Run implements ShardedStream {

        private final VirtualLoop loop = new VirtualLoop(new Random(1));
        private final Random random = new Random(2);
        private final ShardMap shards = FakeStream.evenly(SHARDS);
        private final boolean refuses;
        private final List<Long> latencies = new ArrayList<>();
        private int refusedOfHot;
        private int refusedOfOthers;
        private int sharedWithHot;
        private int answered;

        Run(boolean refuses) {
            this.refuses = refuses;
            Publisher publisher = new Publisher(
                    loop,
                    this,
                    shards,
                    new PublisherConfig(
                            8 * 40_000,
                            Duration.ofSeconds(10),
                            Duration.ofSeconds(3),
                            new Retry(Duration.ofMillis(50), Duration.ofSeconds(1))),
                    FakeStream.availability(),
                    new GatewayMetrics(new SimpleMeterRegistry()),
                    random);
            for (int i = 0; i < REQUESTS; i++) {
                String sensor = "s" + random.nextInt(200);
                StreamLine line = StreamLine.of(new Reading(sensor, i, List.of(new Measurement.Numeric("t", 1))));
                loop.in(i * MILLI, () -> publish(publisher, line));
            }
            assertTrue(loop.runUntil(60, () -> answered == REQUESTS, () -> {}));
        }

        private void publish(Publisher publisher, StreamLine line) {
            long sent = loop.nanoTime();
            boolean hot = shardOf(line.sensorId()) == 0;
            publisher.publish(List.of(line)).onSuccess(publication -> {
                answered++;
                if (publication.retry().isEmpty()) {
                    if (!hot) {
                        latencies.add(loop.nanoTime() - sent);
                    }
                } else if (hot) {
                    assertEquals(Reason.OVERLOADED, publication.reason());
                    refusedOfHot++;
                } else {
                    refusedOfOthers++;
                }
            });
        }

        long p99() {
            latencies.sort(null);
            return latencies.get(latencies.size() * 99 / 100);
        }

        private int shardOf(String partitionKey) {
            return shards.indexOf(HashKey.ofPartitionKey(partitionKey));
        }

        @Override
        public Future<ShardMap> shardMap() {
            return Future.succeededFuture(shards);
        }

        /** A call that holds a record for the hot shard takes half a second, all others 5 to 15 ms. */
        @Override
        public Future<List<PutResult>> putRecords(List<Entry> entries) {
            Promise<List<PutResult>> promise = Promise.promise();
            List<PutResult> results = entries.stream()
                    .<PutResult>map(entry -> shardOf(entry.partitionKey()) == 0 && refuses
                            ? new PutResult.Throttled()
                            : new PutResult.Accepted("shard-" + shardOf(entry.partitionKey())))
                    .toList();
            boolean hot = refuses && entries.stream().anyMatch(entry -> shardOf(entry.partitionKey()) == 0);
            if (hot && entries.size() > 1) {
                sharedWithHot++;
            }
            loop.in(hot ? 500 * MILLI : 5 * MILLI + random.nextLong(10 * MILLI), () -> promise.complete(results));
            return promise.future();
        }
    }
}
