package dev.millrace.local.platform;

import dev.millrace.core.wire.HashKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Devices with a few sensors each that do what the contract tells them: send a body, send again what is in {@code retry} (all
 * of it where there is no answer), and only then the next. What they have sent must therefore be in the stream, in order.
 *
 * <p>Each has one sensor in each quarter of the hash keys, and each body readings of all of them: whatever a shard is split
 * into along these quarters, what is sent to it straddles the split.
 */
final class Devices implements AutoCloseable {

    /** A quarter's place is told by the highest bits of a hash key. */
    private static final int QUARTERS = 4;

    private static final int BITS_BELOW_QUARTER = 126;

    private static final int READINGS = 12;
    private static final Duration PAUSE = Duration.ofMillis(15);

    private final URI uri;
    private final String prefix;
    private final List<CompletableFuture<Void>> running = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicLong accepted = new AtomicLong();
    private volatile boolean stopping;

    /** The numbers that each sensor's readings have, in the order in which they were first sent. */
    final Map<String, List<Integer>> sent = new ConcurrentHashMap<>();

    /** Starts devices whose sensors' ids begin with {@code prefix}. */
    static Devices start(int httpPort, String prefix, int count) {
        Devices devices = new Devices(httpPort, prefix);
        for (int i = 0; i < count; i++) {
            String id = prefix + i;
            devices.running.add(CompletableFuture.runAsync(
                    () -> devices.run(id), Thread.ofVirtual().name(id)::start));
        }
        return devices;
    }

    private Devices(int httpPort, String prefix) {
        this.uri = URI.create("http://127.0.0.1:" + httpPort + "/sensors");
        this.prefix = prefix;
    }

    String prefix() {
        return prefix;
    }

    /** How many readings have been acknowledged. */
    long accepted() {
        return accepted.get();
    }

    private void run(String device) {
        List<String> sensors = sensors(device);
        for (int body = 0; !stopping; body++) {
            List<String> readings = new ArrayList<>();
            for (int i = 0; i < READINGS; i++) {
                String sensor = sensors.get(i % QUARTERS);
                int number = body * READINGS + i;
                sent.computeIfAbsent(sensor, _ -> new ArrayList<>()).add(number);
                readings.add("{\"sensorId\":\"" + sensor + "\",\"timestamp\":" + (Load.START / 1_000 + number)
                        + ",\"n\":" + number + "}");
            }
            while (!readings.isEmpty()) {
                readings = post(readings);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** The first names for each quarter, in the order of the quarters. */
    private static List<String> sensors(String device) {
        return IntStream.range(0, QUARTERS)
                .mapToObj(quarter -> IntStream.iterate(0, i -> i + 1)
                        .mapToObj(i -> device + "-" + i)
                        .filter(id -> quarterOf(id) == quarter)
                        .findFirst()
                        .orElseThrow())
                .toList();
    }

    private static int quarterOf(String sensor) {
        return HashKey.ofPartitionKey(sensor)
                .toBigInteger()
                .shiftRight(BITS_BELOW_QUARTER)
                .intValueExact();
    }

    /** Sends readings, and answers which must be sent again. */
    private List<String> post(List<String> readings) {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString("[" + String.join(",", readings) + "]"))
                .build();
        List<String> again;
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            again = switch (answer.statusCode()) {
                case 202 -> List.of();
                case 503 -> retry(new JsonObject(answer.body()), readings);
                default -> throw new IllegalStateException(answer.statusCode() + " " + answer.body());
            };
        } catch (IOException e) {
            again = readings;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        accepted.addAndGet(readings.size() - again.size());
        return again;
    }

    private static List<String> retry(JsonObject problem, List<String> readings) {
        JsonArray retry = problem.getJsonArray("retry");
        return retry == null
                ? readings
                : retry.stream().map(index -> readings.get((Integer) index)).toList();
    }

    /** Waits until what was begun is acknowledged, and sends no more. */
    void finish() {
        stopping = true;
        running.forEach(CompletableFuture::join);
    }

    @Override
    public void close() {
        finish();
        client.close();
    }
}
