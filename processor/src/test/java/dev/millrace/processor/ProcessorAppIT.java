package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.connect.PgPools;
import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.store.PgAlertRig;
import dev.millrace.processor.store.PgTestServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorAppIT {

    private final HttpClient http = HttpClient.newHttpClient();

    private static ProcessorApp app(Map<String, String> variables) throws InvalidConfiguration {
        Map<String, String> all = new HashMap<>(Map.of(
                "OPS_HOST", "127.0.0.1",
                "OPS_PORT", "0",
                // nobody listens at port 1
                "DATABASE_URL", "postgresql://nobody:secret@localhost:1/none",
                "REDIS_URL", "redis://localhost:1",
                "AWS_ENDPOINT_URL_KINESIS", "http://localhost:1",
                "AWS_ACCESS_KEY_ID", "key",
                "AWS_SECRET_ACCESS_KEY", "secret"));
        all.putAll(variables);
        Environment environment = new Environment(all);
        ProcessorConfig config = ProcessorConfig.read(environment);
        environment.check();
        return new ProcessorApp(config);
    }

    private HttpResponse<String> get(ProcessorApp app, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + app.opsPort() + path))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private JsonObject awaitComponents(ProcessorApp app, Predicate<JsonObject> wanted)
            throws IOException, InterruptedException {
        while (true) {
            JsonObject components = new JsonObject(get(app, "/health/ready").body()).getJsonObject("components");
            if (wanted.test(components)) {
                return components;
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static String detail(JsonObject components, String name) {
        return components.getJsonObject(name).getString("detail");
    }

    @Test
    void waitsForWhatIsNotThereAndStopsMeanwhile() throws Exception {
        ProcessorApp app = app(Map.of());
        app.start().await();

        JsonObject components =
                awaitComponents(app, json -> detail(json, "postgresql").contains("refused"));
        assertEquals("waiting for PostgreSQL and Kinesis", detail(components, "shards"));
        assertFalse(components.encode().contains("secret"));
        assertEquals(503, get(app, "/health/ready").statusCode());
        assertEquals(200, get(app, "/health/live").statusCode());
        assertTrue(get(app, "/metrics").body().contains("millrace_processor_lag_seconds"));
        assertFalse(app.ready().isComplete());

        app.shutdownPlan().run().join();
        assertTrue(app.ready().failed());
    }

    @Test
    void waitsForTheStreamWithTheSchemaUpToDate() throws Exception {
        DatabaseConfig database = PgTestServer.newDatabase();
        ProcessorApp app = app(Map.of(
                "DATABASE_URL",
                "postgresql://" + database.user() + "@" + database.host() + ":" + database.port() + "/"
                        + database.database() + "?sslmode=disable"));
        app.start().await();

        JsonObject components = awaitComponents(
                app,
                json -> detail(json, "postgresql").equals("connected")
                        && detail(json, "kinesis").contains("refused"));
        assertFalse(components.getJsonObject("shards").getBoolean("ready"));

        app.shutdownPlan().run().join();
    }

    /** Two processes with the same receivers, which share the work. */
    @Test
    void alertsReachTheTopicAndTheWebhooksOnce(@TempDir Path folder) throws Exception {
        BlockingQueue<String> topic = new LinkedBlockingQueue<>();
        BlockingQueue<JsonObject> webhook = new LinkedBlockingQueue<>();
        Vertx vertx = Vertx.vertx();
        int port = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    if (request.uri().equals("/hook")) {
                        webhook.add(body.toJsonObject());
                    } else {
                        topic.add(URLDecoder.decode(body.toString(), StandardCharsets.UTF_8));
                    }
                    request.response().end();
                }))
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
        Path file = folder.resolve("webhooks.yaml");
        Path secret = Files.writeString(folder.resolve("secret"), "a-secret-of-enough-characters\n");
        Files.writeString(file, """
                webhooks:
                  - {name: operations, url: "http://localhost:%d/hook", secret: "file:%s"}
                """.formatted(port, secret));
        try (PgAlertRig rig = new PgAlertRig(PgAlertRig.OPERATIONS, new AlertRoute("sns", Severity.INFO))) {
            DatabaseConfig database = rig.database().config();
            Map<String, String> settings = Map.of(
                    "DATABASE_URL",
                    "postgresql://" + database.user() + "@" + database.host() + ":" + database.port() + "/"
                            + database.database() + "?sslmode=disable",
                    "ALERT_WEBHOOKS_FILE",
                    file.toString(),
                    "ALERTS_SNS_TOPIC_ARN",
                    "arn:aws:sns:eu-central-1:123456789012:iot-alerts-dev",
                    "AWS_ENDPOINT_URL_SNS",
                    "http://localhost:" + port);
            List<ProcessorApp> apps = List.of(app(settings), app(settings));
            apps.forEach(each -> each.start().await());
            rig.commitOpened(1_000);
            rig.passGroupWait();

            JsonObject told = Objects.requireNonNull(webhook.poll(2, TimeUnit.MINUTES), "the webhook is told nothing");
            String published = Objects.requireNonNull(topic.poll(2, TimeUnit.MINUTES), "the topic is told nothing");
            awaitComponents(apps.getFirst(), json -> detail(json, "alerts").equals("told: sns, operations"));

            assertEquals(1_000, told.getInteger("count"));
            assertTrue(published.contains("\"count\":1000"), published);
            for (ProcessorApp each : apps) {
                assertFalse(get(each, "/health/ready").body().contains("a-secret"));
                each.shutdownPlan().run().join();
            }
            assertEquals(2, rig.count("alert_message WHERE state = 'sent'"));
            assertEquals(0, webhook.size() + topic.size());
        } finally {
            vertx.close().await();
        }
    }

    @Test
    void aStopBeforeTheStartIsHarmless() throws Exception {
        app(Map.of()).shutdownPlan().run().join();
    }

    @Test
    void aPortThatIsTakenIsAFailure() throws Exception {
        ProcessorApp first = app(Map.of());
        first.start().await();
        ProcessorApp second = app(Map.of("OPS_PORT", Integer.toString(first.opsPort())));

        assertTrue(second.start().transform(Future::succeededFuture).await().failed());

        second.shutdownPlan().run().join();
        first.shutdownPlan().run().join();
    }

    /** The shorter lease has a session that outlasts it: a slow disk must be able to commit at all. */
    @Test
    void whatReadsAShardHasSessionsThatEndWithinTheLeaseTime() {
        Vertx vertx = Vertx.vertx();
        DatabaseConfig database = PgTestServer.newDatabase();
        for (Map.Entry<Duration, String> expected : Map.of(
                        Duration.ofSeconds(15), "12s", Duration.ofSeconds(2), "5s", Duration.ofMinutes(5), "30s")
                .entrySet()) {
            Pool pool = PgPools.create(
                    vertx, database, "test", 1, ProcessorApp.loopsSession(new LeaseTime(expected.getKey())));
            for (String setting : List.of("transaction_timeout", "statement_timeout")) {
                assertEquals(
                        expected.getValue(),
                        pool.query("SHOW " + setting)
                                .execute()
                                .await()
                                .iterator()
                                .next()
                                .getString(0));
            }
            pool.close().await();
        }
        vertx.close().await();
    }
}
