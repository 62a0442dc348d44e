package dev.millrace.local.platform;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * An open loop: requests go out at a steady rate, however many have no answer yet, as from thousands of devices that know
 * nothing of each other. Each is a body of {@value #READINGS} readings of one sensor, {@value #MEASUREMENTS} measurements each;
 * what is refused is not sent again.
 */
final class OpenLoad implements AutoCloseable {

    static final int READINGS = 50;

    private static final int SENSORS = 200;
    private static final int MEASUREMENTS = 50;

    /**
     * A request and its answer.
     *
     * @param number of its first reading; the others follow
     * @param accepted the numbers of its readings that the gateway said the stream holds
     */
    record Sent(String sensor, int number, long sentAt, long answeredAt, int status, Set<Integer> accepted) {}

    private final URI uri;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String measurements;
    private volatile boolean running = true;

    /** Every request that was answered. */
    final Queue<Sent> answered = new ConcurrentLinkedQueue<>();

    /** How many answers there were of each status; 0 for none at all. */
    final Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();

    /** When the last 202 came, in nanoseconds. */
    final AtomicLong lastAccepted = new AtomicLong();

    /** Starts to send so many readings a second. */
    static OpenLoad start(int httpPort, int rate) {
        OpenLoad load = new OpenLoad(httpPort);
        load.threads.execute(
                () -> load.run(Duration.ofSeconds(1).multipliedBy(READINGS).dividedBy(rate)));
        return load;
    }

    private OpenLoad(int httpPort) {
        uri = URI.create("http://127.0.0.1:" + httpPort + "/sensors");
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < MEASUREMENTS; i++) {
            fields.append(",\"measurement_").append(i).append("\":").append(1_000.25 + i);
        }
        measurements = fields.append('}').toString();
    }

    private void run(Duration interval) {
        long next = System.nanoTime();
        for (int i = 0; running; i++) {
            int request = i;
            threads.execute(() -> post("open-" + request % SENSORS, request / SENSORS * READINGS));
            next += interval.toNanos();
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    private void post(String sensor, int number) {
        StringBuilder body = new StringBuilder("[");
        for (int i = number; i < number + READINGS; i++) {
            body.append(i == number ? "" : ",")
                    .append("{\"sensorId\":\"" + sensor + "\",\"timestamp\":" + (Load.START / 1_000 + i) + ",\"n\":"
                            + i)
                    .append(measurements);
        }
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body.append(']').toString()))
                .build();
        long sentAt = System.nanoTime();
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            count(answer.statusCode());
            if (answer.statusCode() == 202) {
                lastAccepted.accumulateAndGet(System.nanoTime(), Math::max);
            }
            answered.add(
                    new Sent(sensor, number, sentAt, System.nanoTime(), answer.statusCode(), accepted(answer, number)));
        } catch (IOException e) {
            count(0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<Integer> accepted(HttpResponse<String> answer, int number) {
        Set<Integer> accepted = new HashSet<>();
        JsonArray retry = answer.statusCode() == 503 ? new JsonObject(answer.body()).getJsonArray("retry") : null;
        for (int i = 0; i < READINGS; i++) {
            if (answer.statusCode() == 202 || (retry != null && !retry.contains(i))) {
                accepted.add(number + i);
            }
        }
        return accepted;
    }

    private void count(int status) {
        statuses.computeIfAbsent(status, _ -> new AtomicInteger()).incrementAndGet();
    }

    int answers(int status) {
        AtomicInteger count = statuses.get(status);
        return count == null ? 0 : count.get();
    }

    /** Sends no more, and waits for all answers. */
    @Override
    public void close() {
        running = false;
        threads.close();
        client.close();
    }
}
