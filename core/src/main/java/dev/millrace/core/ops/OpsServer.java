package dev.millrace.core.ops;

import dev.millrace.core.config.OpsConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations server: {@code /health/live} (the process alone, never what it depends on), {@code /health/ready} (200 or
 * 503, explained in JSON) and {@code /metrics} (Prometheus). It listens before all else and closes last.
 */
public final class OpsServer {

    private final Vertx vertx;
    private final OpsConfig config;
    private final Health health;
    private final PrometheusMeterRegistry metrics;
    private final Map<String, Supplier<String>> documents;
    private @Nullable HttpServer server;

    /** A server without documents. */
    public OpsServer(Vertx vertx, OpsConfig config, Health health, PrometheusMeterRegistry metrics) {
        this(vertx, config, health, metrics, Map.of());
    }

    /** @param documents what else is shown: JSON, made when it is asked for, by its path */
    public OpsServer(
            Vertx vertx,
            OpsConfig config,
            Health health,
            PrometheusMeterRegistry metrics,
            Map<String, Supplier<String>> documents) {
        this.vertx = vertx;
        this.config = config;
        this.health = health;
        this.metrics = metrics;
        this.documents = Map.copyOf(documents);
    }

    /** Listens; fails where the port is taken. */
    public Future<Void> start() {
        HttpServer created = vertx.createHttpServer(new HttpServerOptions()
                        .setHost(config.host())
                        .setPort(config.port())
                        .setIdleTimeout(60))
                .requestHandler(this::answer);
        server = created;
        return created.listen()
                .recover(cause -> Future.failedFuture("port " + config.port() + " cannot be opened ("
                        + cause.getMessage() + "); choose another with OPS_PORT"))
                .mapEmpty();
    }

    /** The port that it listens on. */
    public int port() {
        return Objects.requireNonNull(server).actualPort();
    }

    public Future<Void> close() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    private void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            response.setStatusCode(405).putHeader("allow", "GET, HEAD").end();
            return;
        }
        String path = Objects.requireNonNullElse(request.path(), "");
        switch (path) {
            case "/health/live" -> json(response, 200, "{\"live\":true}");
            case "/health/ready" -> {
                JsonObject readiness = health.toJson();
                json(response, readiness.getBoolean("ready") ? 200 : 503, readiness.encode());
            }
            case "/metrics" ->
                response.putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
                        .end(metrics.scrape());
            default -> {
                Supplier<String> document = documents.get(path);
                if (document == null) {
                    response.setStatusCode(404).end();
                } else {
                    json(response, 200, document.get());
                }
            }
        }
    }

    private static void json(HttpServerResponse response, int status, String body) {
        response.setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(body);
    }
}
