package dev.millrace.core.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.OpsConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpsServerVerticleTest {

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final Health health = new Health("1.2.3");
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final OpsServer server =
            new OpsServer(vertx, new OpsConfig("127.0.0.1", 0, Duration.ZERO, Duration.ofSeconds(1)), health, metrics);

    @BeforeEach
    void start() {
        server.start().await();
    }

    @AfterEach
    void stop() {
        client.close();
        vertx.close().await();
    }

    @Test
    void isReadyWhenEveryComponentIsAndSaysWhyItIsNot() throws Exception {
        Health.Component stream = health.component("kinesis");
        Health.Component store = health.component("postgresql");
        stream.up("2 shards");
        store.down("connection refused");

        HttpResponse<String> notReady = get("/health/ready");
        assertEquals(503, notReady.statusCode());
        JsonObject json = new JsonObject(notReady.body());
        assertEquals("1.2.3", json.getString("version"));
        assertEquals(
                "connection refused",
                json.getJsonObject("components").getJsonObject("postgresql").getString("detail"));

        store.up("reached");
        assertEquals(200, get("/health/ready").statusCode());

        health.drain();
        HttpResponse<String> draining = get("/health/ready");
        assertEquals(503, draining.statusCode());
        assertTrue(new JsonObject(draining.body()).getBoolean("draining"));
    }

    @Test
    void saysOneAndTheSameWhileItsComponentsChange() throws Exception {
        Health.Component stream = health.component("kinesis");
        AtomicBoolean asked = new AtomicBoolean();
        Thread changes = Thread.ofPlatform().start(() -> {
            while (!asked.get()) {
                stream.up("2 shards");
                stream.down("no answer in time");
            }
        });
        try {
            for (int i = 0; i < 500; i++) {
                HttpResponse<String> answer = get("/health/ready");
                JsonObject json = new JsonObject(answer.body());
                boolean ready = json.getJsonObject("components")
                        .getJsonObject("kinesis")
                        .getBoolean("ready");
                assertEquals(ready, json.getBoolean("ready"), answer.body());
                assertEquals(ready ? 200 : 503, answer.statusCode(), answer.body());
            }
        } finally {
            asked.set(true);
            changes.join();
        }
    }

    @Test
    void isAliveWhateverItsComponentsAre() throws Exception {
        health.component("postgresql").down("gone");
        health.drain();

        assertEquals(200, get("/health/live").statusCode());
        assertFalse(health.isReady());
    }

    @Test
    void servesMetricsAndNothingElse() throws Exception {
        metrics.counter("millrace.test").increment();

        assertTrue(get("/metrics").body().contains("millrace_test_total 1.0"));
        assertEquals(404, get("/other").statusCode());
        HttpRequest post = HttpRequest.newBuilder(uri("/metrics"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertEquals(405, send(post).statusCode());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }
}
