package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * G8 as a cluster rolls a Deployment with {@code maxSurge: 1} and {@code maxUnavailable: 0}: under load each of two gateways behind
 * a load balancer, and each of two processors, gets a successor, is stopped when that is ready, and nobody notices.
 */
class RolloutIT {

    private static final int CLIENTS = 8;
    private static final String SENSOR = "roll-http-";
    private static final String MQTT_SENSOR = "roll-mqtt-";

    /** Far more than the two checks that the load balancer needs to see that a gateway is not ready. */
    private static final String SHUTDOWN_DELAY = "4s";

    private static final String ACCEPTED = "millrace_gateway_readings_accepted_total";
    private static final String COMMITS = "millrace_processor_commits_total";

    /** Two gateways and the successors of both. */
    private final List<HaProxy.Server> servers = new ArrayList<>();

    private final List<JavaProcess> processes = new ArrayList<>();
    private Services services;
    private LeaseApiServer api;

    @BeforeEach
    void startServices() throws Exception {
        Assumptions.assumeTrue(HaProxy.isInstalled(), "the haproxy command is not on the PATH");
        for (int i = 0; i < 4; i++) {
            servers.add(new HaProxy.Server(FreePort.choose(), FreePort.choose(), FreePort.choose()));
        }
        services = new Services(2);
        api = new LeaseApiServer();
    }

    @AfterEach
    void stopAll() {
        processes.forEach(JavaProcess::close);
        if (services != null) {
            api.close();
            services.close();
        }
    }

    @Test
    void nobodyNoticesWhenGatewaysAndProcessorsAreReplacedUnderLoad() throws Exception {
        List<JavaProcess> processors = List.of(processor("old-0"), processor("old-1"));
        List<JavaProcess> gateways = List.of(gateway(0), gateway(1));
        int httpPort = FreePort.choose();
        int mqttPort = FreePort.choose();
        try (HaProxy _ = HaProxy.start(services.directory(), httpPort, mqttPort, servers);
                Clients clients = new Clients(httpPort)) {
            clients.awaitBalancer();
            try (MqttLoad mqtt = MqttLoad.start(mqttPort, MQTT_SENSOR, EnumSet.allOf(MqttLibrary.class), 1, 2)) {
                clients.start();
                Await.until(
                        "all of them have work",
                        () -> works(gateways, ACCEPTED, 200) && works(processors, COMMITS, 1) && mqtt.delivered() > 50);

                for (int i = 0; i < 2; i++) {
                    replace(processors.get(i), processor("new-" + i), COMMITS);
                    replace(gateways.get(i), gateway(2 + i), ACCEPTED);
                    int delivered = mqtt.delivered();
                    Await.until(mqtt + " go on", () -> mqtt.delivered() > delivered + 20);
                }

                mqtt.finish();
                clients.finish();
                assertEquals(List.of(), List.copyOf(clients.failures), clients.answered + " were answered");
                Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
                mqtt.assertStored(services);
            }
            clients.assertInTheStreamInOrder(services);
        }
        StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
        content.assertStored(services);
        assertTrue(content.deadLetters.isEmpty());
        processes.forEach(JavaProcess::assertNoFault);
    }

    /** As a Deployment's controller does: the old one goes when the new one is ready, whoever that is. */
    private void replace(JavaProcess old, JavaProcess successor, String works) throws Exception {
        old.terminate();
        assertEquals(143, old.awaitExit());
        Await.until("its successor works", () -> works(List.of(successor), works, 1));
    }

    private static boolean works(List<JavaProcess> programs, String counter, int atLeast) throws Exception {
        for (JavaProcess program : programs) {
            if (program.metric(counter) < atLeast) {
                return false;
            }
        }
        return true;
    }

    private JavaProcess processor(String pod) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.putAll(api.environment(pod, "15s"));
        environment.put("HOSTNAME", pod);
        return ready("processor", environment);
    }

    private JavaProcess gateway(int place) throws Exception {
        HaProxy.Server server = servers.get(place);
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(server.httpPort()));
        environment.put("MQTT_PORT", Integer.toString(server.mqttPort()));
        environment.put("OPS_PORT", Integer.toString(server.opsPort()));
        environment.put("SHUTDOWN_DELAY", SHUTDOWN_DELAY);
        return ready("gateway", environment);
    }

    private JavaProcess ready(String program, Map<String, String> environment) throws Exception {
        JavaProcess process = JavaProcess.start(services.directory(), program, environment);
        processes.add(process);
        process.awaitReady();
        return process;
    }

    /** Sensors that post one reading after the other, and take nothing but 202 for an answer. */
    private static final class Clients implements AutoCloseable {
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final List<CompletableFuture<Void>> senders = new ArrayList<>();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final AtomicInteger answered = new AtomicInteger();
        private final Map<String, Integer> sent = new ConcurrentHashMap<>();
        private final URI uri;
        private volatile boolean running = true;

        Clients(int port) {
            uri = URI.create("http://127.0.0.1:" + port + "/sensors");
        }

        /** Waits until the balancer has seen that a gateway is ready. */
        void awaitBalancer() throws Exception {
            Await.until("the balancer answers", () -> post("first", 0).isEmpty());
        }

        void start() {
            for (int i = 0; i < CLIENTS; i++) {
                String sensor = SENSOR + i;
                senders.add(CompletableFuture.runAsync(() -> send(sensor), Thread.ofVirtual()::start));
            }
        }

        private void send(String sensor) {
            for (int n = 0; running; n++) {
                sent.put(sensor, n + 1);
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

        /** Waits for the last answers, and sends no more. */
        void finish() {
            running = false;
            senders.forEach(CompletableFuture::join);
        }

        /** G1 and G2: each was acknowledged, so each is there, a sensor's in the order in which it sent them. */
        void assertInTheStreamInOrder(Services services) {
            StreamOrder order = StreamOrder.read(services.kinesis, Services.STREAM, SENSOR);
            assertFalse(sent.isEmpty());
            sent.forEach((sensor, count) ->
                    assertEquals(IntStream.range(0, count).boxed().toList(), List.copyOf(order.of(sensor)), sensor));
        }

        @Override
        public void close() {
            finish();
            client.close();
        }
    }
}
