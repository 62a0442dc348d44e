package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** G8 behind a load balancer: one of two gateways is stopped under load, and no client sees a failure. */
class BehindLoadBalancerIT {

    private static final int CLIENTS = 8;

    /** Far more than the two checks that haproxy needs to see that a gateway is not ready. */
    private static final String SHUTDOWN_DELAY = "4s";

    @Test
    void noRequestFailsWhenOneOfTwoGatewaysStopsUnderLoad() throws Exception {
        Assumptions.assumeTrue(isInstalled(), "the haproxy command is not on the PATH");
        try (Services services = new Services(2);
                JavaProcess processor = JavaProcess.start(services.directory(), "processor", services.environment())) {
            processor.awaitReady();
            int firstPort = FreePort.choose();
            int secondPort = FreePort.choose();
            try (JavaProcess first = gateway(services, firstPort);
                    JavaProcess second = gateway(services, secondPort)) {
                first.awaitReady();
                second.awaitReady();
                int port = FreePort.choose();
                Process haproxy = haproxy(
                        services.directory(),
                        port,
                        server("first", firstPort, first.opsPort()) + server("second", secondPort, second.opsPort()));
                try {
                    Clients clients = new Clients(port);
                    clients.awaitFirstAnswer();
                    try (clients) {
                        clients.start();
                        Await.until(
                                "both answer",
                                () -> answered(first) > 200 && answered(second) > 200 && clients.answered.get() > 500);
                        first.terminate();
                        assertEquals(143, first.awaitExit());
                        int before = clients.answered.get();
                        Await.until("the other one answers on", () -> clients.answered.get() > before + 200);
                    }
                    assertEquals(List.of(), List.copyOf(clients.failures), clients.answered + " were answered");
                } finally {
                    haproxy.destroy();
                    haproxy.waitFor();
                }
                first.assertNoFault();
                second.assertNoFault();
            }
        }
    }

    private static double answered(JavaProcess gateway) throws InterruptedException {
        return gateway.metric("millrace_gateway_readings_accepted_total");
    }

    private static JavaProcess gateway(Services services, int port) throws IOException {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(port));
        environment.put("SHUTDOWN_DELAY", SHUTDOWN_DELAY);
        return JavaProcess.start(services.directory(), "gateway", environment);
    }

    private static String server(String name, int port, int opsPort) {
        return "  server " + name + " 127.0.0.1:" + port + " check port " + opsPort + " inter 250ms fall 2 rise 1\n";
    }

    /** A balancer that tries nothing twice: what a gateway refuses or drops, the client sees. */
    private static Process haproxy(Path directory, int port, String servers) throws IOException {
        Path file = directory.resolve("haproxy.cfg");
        Files.writeString(file, """
                defaults
                  mode http
                  retries 0
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                  timeout check 5s
                frontend devices
                  bind 127.0.0.1:%d
                  default_backend gateways
                backend gateways
                  balance roundrobin
                  option httpchk GET /health/ready
                  http-check expect status 200
                """.formatted(port) + servers);
        return new ProcessBuilder("haproxy", "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile())
                .start();
    }

    private static boolean isInstalled() {
        try {
            Process version = new ProcessBuilder("haproxy", "-v")
                    .redirectErrorStream(true)
                    .start();
            version.getInputStream().readAllBytes();
            return version.waitFor() == 0;
        } catch (IOException | InterruptedException _) {
            return false;
        }
    }

    /** Sensors that post one reading after the other, and take nothing but 202 for an answer. */
    private static final class Clients implements AutoCloseable {
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final List<CompletableFuture<Void>> senders = new ArrayList<>();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final AtomicInteger answered = new AtomicInteger();
        private final URI uri;
        private volatile boolean running = true;

        Clients(int port) {
            uri = URI.create("http://127.0.0.1:" + port + "/sensors");
        }

        /** Waits until the balancer has seen that a gateway is ready. */
        void awaitFirstAnswer() throws Exception {
            Await.until("the balancer answers", () -> post("first", 0).isEmpty());
        }

        void start() {
            for (int i = 0; i < CLIENTS; i++) {
                String sensor = "sensor-" + i;
                senders.add(CompletableFuture.runAsync(() -> send(sensor), Thread.ofVirtual()::start));
            }
        }

        private void send(String sensor) {
            for (int n = 0; running; n++) {
                String failure = post(sensor, n);
                if (failure.isEmpty()) {
                    answered.incrementAndGet();
                } else {
                    failures.add(failure);
                }
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
        }

        /** What went wrong; empty if nothing did. */
        private String post(String sensor, int n) {
            HttpRequest request = HttpRequest.newBuilder(uri)
                    .header("content-type", "application/json")
                    .timeout(Duration.ofSeconds(60))
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"sensorId\":\"" + sensor + "\",\"n\":" + n + ",\"timestamp\":" + n + "}"))
                    .build();
            try {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                return answer.statusCode() == 202 ? "" : answer.statusCode() + " " + answer.body();
            } catch (IOException e) {
                return e.toString();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "interrupted";
            }
        }

        @Override
        public void close() {
            running = false;
            senders.forEach(CompletableFuture::join);
            client.close();
        }
    }
}
