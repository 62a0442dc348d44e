package dev.millrace.local.platform;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Sensors that post at a steady rate until they are stopped, each in the order of its readings, one request at a time. The
 * temperature rises from 60 to almost 100 and falls back, over and over. Now and then a request is sent twice, the second time
 * with other values: the first in the stream must stay.
 */
final class Load implements AutoCloseable {

    private static final int BATCH = 40;
    private static final int PERIOD = 100;
    private static final int REPEAT_EVERY = 25;

    /** Microseconds of the first reading: 2025-12-04T12:00:00Z. */
    static final long START = 1_764_849_600_000_000L;

    private final URI uri;
    private final Duration pause;
    private final List<CompletableFuture<Void>> sensors = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private volatile boolean running = true;

    /** What was acknowledged, as {@code sensor@microseconds}. */
    final Set<String> accepted = ConcurrentHashMap.newKeySet();

    /** What was sent and got no answer. */
    final Set<String> unanswered = ConcurrentHashMap.newKeySet();

    /** Starts sensors {@code machine-1} and so on that together post {@code rate} readings a second. */
    static Load start(int httpPort, int sensors, int rate) {
        return start(httpPort, "machine-", sensors, rate);
    }

    /** Starts sensors of other names, which end in 1 and so on. */
    static Load start(int httpPort, String prefix, int sensors, int rate) {
        Load load = new Load(httpPort, Duration.ofNanos(1_000_000_000L * BATCH * sensors / rate));
        for (int i = 1; i <= sensors; i++) {
            String id = prefix + i;
            load.sensors.add(CompletableFuture.runAsync(
                    () -> load.run(id), Thread.ofVirtual().name(id)::start));
        }
        return load;
    }

    private Load(int httpPort, Duration pause) {
        this.uri = URI.create("http://127.0.0.1:" + httpPort + "/sensors");
        this.pause = pause;
    }

    private void run(String sensor) {
        long next = System.nanoTime();
        for (int batch = 0; running; batch++) {
            post(sensor, batch, 0);
            if (batch % REPEAT_EVERY == 0) {
                post(sensor, batch, 25);
            }
            next += pause.toNanos();
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    private void post(String sensor, int batch, double change) {
        List<String> readings = new ArrayList<>();
        StringBuilder body = new StringBuilder("[");
        for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
            long micros = START + i * 1_000L;
            readings.add(sensor + "@" + micros);
            body.append(readings.size() == 1 ? "" : ",")
                    .append("{\"sensorId\":\"")
                    .append(sensor)
                    .append("\",\"timestamp\":")
                    .append(micros / 1_000)
                    .append(",\"temperature\":")
                    .append(60 + i % PERIOD * 0.4 + change)
                    .append(",\"status\":\"")
                    .append(i % PERIOD < 50 ? "RUNNING" : "IDLE")
                    .append("\"}");
        }
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body.append(']').toString()))
                .build();
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 202) {
                accepted.addAll(readings);
            }
        } catch (IOException e) {
            unanswered.addAll(readings);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for what is under way, and sends no more. */
    @Override
    public void close() {
        running = false;
        sensors.forEach(CompletableFuture::join);
        client.close();
    }
}
