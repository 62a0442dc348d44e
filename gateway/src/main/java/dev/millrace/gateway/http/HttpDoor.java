package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.http.encoding.ContentDecoders;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.query.SensorStore;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The HTTP server: one verticle an event loop, all on one port. */
public final class HttpDoor {

    /** A connection on which nothing happens is closed after this. */
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(75);

    private final Vertx vertx;
    private final HttpConfig config;
    private final Ingestor ingestor;
    private final LatestQuery latest;
    private final SensorStore store;
    private final GatewayMetrics metrics;
    private final BodyBudget bodies;
    private final Gate gate;
    private final Page page = Page.load();
    private final AtomicInteger port = new AtomicInteger();
    private volatile Optional<String> deployment = Optional.empty();
    private volatile Duration drainTimeout = Duration.ofSeconds(10);

    public HttpDoor(
            Vertx vertx,
            HttpConfig config,
            Ingestor ingestor,
            LatestQuery latest,
            SensorStore store,
            GatewayMetrics metrics,
            Gate gate) {
        this.vertx = vertx;
        this.config = config;
        this.ingestor = ingestor;
        this.latest = latest;
        this.store = store;
        this.metrics = metrics;
        this.bodies = new BodyBudget(config.bodyBufferBytes());
        metrics.bodyBytes(bodies::used);
        this.gate = gate;
    }

    /** Listens on {@code instances} event loops; fails where the port is taken. */
    public Future<Void> open(int instances) {
        return vertx.deployVerticle(Instance::new, new DeploymentOptions().setInstances(instances))
                .onSuccess(id -> deployment = Optional.of(id))
                .<Void>mapEmpty()
                .recover(cause -> Future.failedFuture("port " + config.port() + " cannot be opened ("
                        + cause.getMessage() + "); choose another with HTTP_PORT"));
    }

    /** The port that it listens on. */
    public int port() {
        return port.get();
    }

    /** Takes no new connection, and closes those that there are when their requests have been answered. */
    public Future<Void> drain(Duration timeout) {
        drainTimeout = timeout;
        return deployment.map(vertx::undeploy).orElseGet(Future::succeededFuture);
    }

    /** The server's options, for the gateway and for what is compared with it. */
    public static HttpServerOptions options(HttpConfig config) {
        return new HttpServerOptions()
                .setHost(config.host())
                .setPort(config.port())
                .setIdleTimeout((int) IDLE_TIMEOUT.toSeconds())
                .setMaxHeaderSize(16 * 1024)
                .setMaxInitialLineLength(8 * 1024)
                .setTcpNoDelay(true)
                .setHttp2ClearTextEnabled(false);
    }

    private final class Instance extends VerticleBase {

        private @Nullable HttpServer server;

        @Override
        public Future<?> start() {
            HttpServer created = vertx.createHttpServer(options(config))
                    .requestHandler(Routes.create(
                            vertx,
                            gate,
                            new IngestHandler(ingestor, bodyReader()),
                            new QueryHandler(latest, store),
                            page,
                            metrics))
                    .invalidRequestHandler(this::invalid);
            server = created;
            return created.listen().onSuccess(listening -> port.set(listening.actualPort()));
        }

        private BodyReader bodyReader() {
            return new BodyReader(config.maxBodyBytes(), bodies, ContentDecoders.forOneEventLoop());
        }

        /** What is no HTTP request gets an answer of the contract all the same. */
        private void invalid(HttpServerRequest request) {
            metrics.request(GatewayMetrics.Route.OTHER, 400);
            request.response()
                    .setStatusCode(400)
                    .putHeader("content-type", "application/problem+json")
                    .putHeader("connection", "close")
                    .end(Problem.of(Problem.Code.MALFORMED, "The request is not valid HTTP.")
                            .toJson())
                    .onComplete(_ -> request.connection().close());
        }

        @Override
        public Future<?> stop() {
            return Objects.requireNonNull(server).shutdown(drainTimeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
