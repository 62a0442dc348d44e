package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What nine shards have of a tenth that refuses everything: the times from when a request was due (so coordinated omission is
 * in them) to its answer, with and without the tenth's fault, in turns in one run. HotLaneTest asserts the ratio in virtual
 * time; this prints what it is on this machine, where other load may blur it.
 */
@Tag("soak")
class HotShardIT {

    private static final int SHARDS = 10;
    private static final int RATE = 400;
    private static final int ROUNDS = 5;
    private static final Duration ROUND = Duration.ofSeconds(4);

    private final Random random = new Random(1);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger refusedOfOthers = new AtomicInteger();
    private final AtomicInteger refusedOfHot = new AtomicInteger();

    @Test
    void oneHotShardOfTenRefusesNothingOfTheOthers() throws Exception {
        try (Services services = new Services(SHARDS)) {
            services.migrate();
            int httpPort = FreePort.choose();
            Map<String, String> environment = new HashMap<>(services.environment());
            environment.put("HTTP_PORT", Integer.toString(httpPort));
            try (JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", environment)) {
                gateway.awaitReady();
                URI uri = URI.create("http://127.0.0.1:" + httpPort + "/sensors");
                ShardDescription hot = services.kinesis.shards(Services.STREAM).getFirst();
                List<String> sensors =
                        IntStream.range(0, 500).mapToObj(i -> "hot-shard-" + i).toList();
                run(uri, sensors, hot);
                refusedOfOthers.set(0);

                List<Double> without = new ArrayList<>();
                List<Double> with = new ArrayList<>();
                for (int round = 0; round < ROUNDS; round++) {
                    without.add(run(uri, sensors, hot));
                    services.kinesis
                            .faults()
                            .add(FaultRule.of(Fault.throttle())
                                    .on(Operation.PUT_RECORDS)
                                    .inShard(hot.id()));
                    with.add(run(uri, sensors, hot));
                    services.kinesis.faults().clear();
                }
                double ratio = median(with) / median(without);
                System.out.printf(
                        "HotShardIT: median p99 of nine shards at %d requests/s: %.1f ms, with the tenth refusing all %.1f ms,"
                                + " ratio %.2f (goal: at most 1.5); refused of them %d, of the tenth's %d%n",
                        RATE, median(without), median(with), ratio, refusedOfOthers.get(), refusedOfHot.get());
                assertEquals(0, refusedOfOthers.get());
                assertTrue(refusedOfHot.get() > 0);
            }
        } finally {
            client.close();
        }
    }

    /** A round of requests; the p99 of the nine shards' times, in milliseconds. */
    private double run(URI uri, List<String> sensors, ShardDescription hot) {
        Queue<Long> times = new ConcurrentLinkedQueue<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            long interval = Duration.ofSeconds(1).toNanos() / RATE;
            for (int i = 0; i < ROUND.toSeconds() * RATE; i++) {
                long due = start + i * interval;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                String sensor = sensors.get(random.nextInt(sensors.size()));
                boolean ofHot = hot.range().contains(HashKey.ofPartitionKey(sensor));
                threads.execute(() -> post(uri, sensor, due, ofHot, times));
            }
        }
        List<Long> sorted = times.stream().sorted().toList();
        return sorted.get(sorted.size() * 99 / 100) / 1e6;
    }

    private void post(URI uri, String sensor, long due, boolean ofHot, Queue<Long> times) {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"sensorId\":\"" + sensor + "\",\"temperature\":20.5}"))
                .build();
        int status;
        try {
            status = client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (!ofHot) {
            times.add(System.nanoTime() - due);
        }
        if (status != 202) {
            (ofHot ? refusedOfHot : refusedOfOthers).incrementAndGet();
        }
    }

    /** Of the rounds, since other load on the machine hits single ones. */
    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
