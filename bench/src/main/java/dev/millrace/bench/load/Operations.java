package dev.millrace.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;

/** The operations port of a gateway or a processor in a process of its own, on loopback. */
public final class Operations {

    private static final Duration START_TIME = Duration.ofMinutes(3);
    private static final int PROBE_MILLIS = 100;

    private final URI address;
    private final HttpClient http = HttpClient.newHttpClient();
    private String readiness = "";

    public Operations(int port) {
        this.address = URI.create("http://127.0.0.1:" + port);
    }

    /** Waits until the process says that it is ready. */
    public void awaitReady(String name, Child process) throws IOException, InterruptedException {
        awaitReady(name, process, PROBE_MILLIS);
    }

    /**
     * Likewise.
     *
     * @param probeMillis how long after one look the next comes
     */
    public void awaitReady(String name, Child process, int probeMillis) throws IOException, InterruptedException {
        long end = System.nanoTime() + START_TIME.toNanos();
        while (!isReady()) {
            if (!process.isAlive() || System.nanoTime() - end > 0) {
                throw new IOException(name + " is not ready: " + readiness);
            }
            process.waitFor(probeMillis);
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            HttpResponse<String> answer = get("/health/ready");
            readiness = answer.body();
            return answer.statusCode() == 200;
        } catch (IOException e) {
            readiness = String.valueOf(e.getMessage());
            return false;
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(address.resolve(path))
                        .timeout(Duration.ofSeconds(5))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The sum of a metric's samples, such as {@code millrace_gateway_put_records_count}. */
    public double metric(String name) throws IOException, InterruptedException {
        Pattern sample = Pattern.compile("^" + Pattern.quote(name) + "(\\{[^}]*\\})? ");
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> sample.matcher(line).find())
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
