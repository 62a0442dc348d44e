package dev.millrace.local.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.kinesis.store.StreamStatus;
import dev.millrace.local.port.FreePort;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Gateway and processor follow a stream through a split and a merge, each while records go on coming, without a restart. */
class ReshardIT {

    private static final int SENSORS = 12;
    private static final int AGGREGATED = 3;

    /** Well below what one shard takes. */
    private static final long PAUSE_NANOS = Duration.ofMillis(2).toNanos();

    private static final int DEVICES = 3;

    private int httpPort;
    private final AtomicLong put = new AtomicLong();
    private final AtomicBoolean running = new AtomicBoolean(true);

    @Test
    void everyReadingHasItsEffectOnceAndInOrderAcrossASplitAndAMerge() throws Exception {
        httpPort = FreePort.choose();
        try (Services services = new Services(2);
                KinesisAsyncClient kinesis = KinesisClients.create(
                        KinesisConfig.read(new Environment(services.environment())), Duration.ofSeconds(20), 4);
                JavaProcess processor = JavaProcess.start(services.directory(), "processor", services.environment());
                JavaProcess gateway =
                        JavaProcess.start(services.directory(), "gateway", gatewayEnvironment(services))) {
            processor.awaitReady();
            gateway.awaitReady();
            Devices devices = Devices.start(httpPort, "device-", DEVICES);
            CompletableFuture<Void> putting = CompletableFuture.runAsync(
                    () -> put(kinesis), Thread.ofVirtual().name("putting")::start);
            try {
                awaitMore(services, putting);
                awaitMore(devices);
                ShardDescription first =
                        services.kinesis.shards(Services.STREAM).getFirst();
                kinesis.splitShard(request -> request.streamName(Services.STREAM)
                                .shardToSplit(first.id())
                                .newStartingHashKey(middle(first.range()).toString()))
                        .join();
                awaitShards(services, 4);
                awaitMore(services, putting);
                awaitMore(devices);
                // the upper half of the one that was split, and its neighbour, which is older
                kinesis.mergeShards(request -> request.streamName(Services.STREAM)
                                .shardToMerge("shardId-000000000003")
                                .adjacentShardToMerge("shardId-000000000001"))
                        .join();
                awaitShards(services, 5);
                awaitMore(services, putting);
                awaitMore(devices);
            } finally {
                running.set(false);
                putting.join();
                devices.close();
            }
            Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
            Set<String> closed = services.kinesis.shards(Services.STREAM).stream()
                    .filter(shard -> !shard.isOpen())
                    .map(ShardDescription::id)
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(3, closed.size());
            Await.until("the closed shards are closed", () -> Stored.closed(services)
                    .equals(closed));

            StreamOrder order = StreamOrder.read(services.kinesis, Services.STREAM, "device-");
            order.assertHolds(devices);
            assertTrue(order.skipped > 0, "no aggregate of the gateway straddled a reshard");
            StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
            assertEquals(put.get(), content.userRecords - order.read);
            content.assertStored(services);
            assertFalse(content.anomalies.isEmpty());
            processor.assertNoFault();
            gateway.assertNoFault();
        }
    }

    private Map<String, String> gatewayEnvironment(Services services) {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(httpPort));
        return environment;
    }

    private static void awaitMore(Devices devices) throws Exception {
        long before = devices.accepted();
        Await.until("more is acknowledged", () -> devices.accepted() >= before + 300);
    }

    /** Puts each sensor's readings in their order, every other time as an aggregate, one call at a time. */
    private void put(KinesisAsyncClient kinesis) {
        for (int round = 0; running.get(); round++) {
            for (int i = 1; i <= SENSORS; i++) {
                String sensor = "machine-" + i;
                SdkBytes data = round % 2 == 0
                        ? SdkBytes.fromByteArray(reading(sensor, round, 0))
                        : SdkBytes.fromByteArray(aggregate(sensor, round));
                kinesis.putRecord(request -> request.streamName(Services.STREAM)
                                .partitionKey(sensor)
                                .data(data))
                        .join();
                put.addAndGet(round % 2 == 0 ? 1 : AGGREGATED);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private static byte[] aggregate(String sensor, int round) {
        AggregateBuilder aggregate = new AggregateBuilder();
        for (int i = 0; i < AGGREGATED; i++) {
            aggregate.add(sensor, reading(sensor, round, i));
        }
        return aggregate.build();
    }

    /** Hot for five rounds and not for the next five. */
    private static byte[] reading(String sensor, int round, int index) {
        long millis = Load.START / 1_000 + round * 10L + index;
        int temperature = round % 10 < 5 ? 70 : 95;
        return ("{\"sensorId\":\"" + sensor + "\",\"timestamp\":" + millis + ",\"temperature\":" + temperature + "}\n")
                .getBytes(UTF_8);
    }

    /** Waits until the processor has stored hundreds more, with the shards as they are now. */
    private static void awaitMore(Services services, CompletableFuture<Void> putting) throws Exception {
        long before = Stored.userRecords(services);
        Await.until("more is stored", () -> {
            assertFalse(putting.isDone(), putting::toString);
            return Stored.userRecords(services) >= before + 500;
        });
    }

    private static void awaitShards(Services services, int count) throws Exception {
        Await.until(
                "there are " + count + " shards",
                () -> services.kinesis.shards(Services.STREAM).size() == count
                        && services.kinesis.describe(Services.STREAM).status() == StreamStatus.ACTIVE);
    }

    private static BigInteger middle(HashKeyRange range) {
        return range.start().toBigInteger().add(range.end().toBigInteger()).shiftRight(1);
    }
}
