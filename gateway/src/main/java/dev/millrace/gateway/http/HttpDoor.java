package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.device.DeviceRegistry;
import dev.millrace.gateway.http.encoding.ContentDecoders;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.AddressRateLimit;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.query.SensorStore;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.tracing.TracingPolicy;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server: one verticle an event loop, all on one port. It keeps every limit that needs no look at a route; what
 * comes through goes to {@link Routes}.
 */
public final class HttpDoor {

    /** How many largest bodies are read and thrown away of a request that is answered without its body. */
    private static final int DISCARD_FACTOR = 4;

    private static final Problem NOT_HTTP = Problem.of(Problem.Code.MALFORMED, "The request is not valid HTTP.");

    private final Vertx vertx;
    private final HttpConfig config;
    private final Ingestor ingestor;
    private final LatestQuery latest;
    private final SensorStore store;
    private final DeviceRegistry devices;
    private final GatewayMetrics metrics;
    private final ClientLimits limits;
    private final Gate gate;
    private final Page page = Page.load();
    private final LongSupplier nanoTime;
    private final Optional<AddressRateLimit> rateLimit;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger port = new AtomicInteger();
    private volatile Optional<String> deployment = Optional.empty();
    private volatile Duration drainTimeout = Duration.ofSeconds(10);
    private volatile boolean leaving;

    /**
     * A server that does not listen yet.
     *
     * @param shared the limits that hold for all doors together
     * @param nanoTime a monotonic clock
     */
    public HttpDoor(
            Vertx vertx,
            HttpConfig config,
            Ingestor ingestor,
            LatestQuery latest,
            SensorStore store,
            DeviceRegistry devices,
            GatewayMetrics metrics,
            Gate gate,
            ClientLimits shared,
            LongSupplier nanoTime) {
        this.vertx = vertx;
        this.config = config;
        this.ingestor = ingestor;
        this.latest = latest;
        this.store = store;
        this.devices = devices;
        this.metrics = metrics;
        this.limits = shared;
        metrics.bodyBytes(shared.bodies()::used);
        this.gate = gate;
        this.nanoTime = nanoTime;
        this.rateLimit = shared.rate();
        metrics.openConnections(connections::get);
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

    /**
     * From now on each answer asks its client to close the connection and to come back on another, which a load balancer
     * brings to another process: connections that are kept open would stay to the end.
     */
    public void leave() {
        leaving = true;
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
                // the connection watch's matter; Vert.x' own would count the time that an answer takes us
                .setIdleTimeout(0)
                .setMaxHeaderSize(config.limits().maxHeaderBytes())
                .setMaxInitialLineLength(config.limits().maxRequestLineBytes())
                .setTcpNoDelay(true)
                .setHttp2ClearTextEnabled(false)
                // where there is a tracer: whether a request without a trace begins one is its sampler's matter
                .setTracingPolicy(TracingPolicy.ALWAYS);
    }

    private final class Instance extends VerticleBase {

        private final ConnectionWatch watch =
                new ConnectionWatch(config.limits(), (long) DISCARD_FACTOR * config.maxBodyBytes(), metrics);
        private final Answers answers = new Answers(metrics, watch);
        private @Nullable HttpServer server;
        private @Nullable Router router;

        @Override
        public Future<?> start() {
            router = Routes.create(
                    vertx,
                    gate,
                    new IngestHandler(vertx, ingestor, bodyReader(), limits, nanoTime),
                    new QueryHandler(latest, store),
                    new DeviceHandler(devices, new SmallBodies(limits.bodies()), InstantSource.system()),
                    page,
                    answers);
            HttpServer created = vertx.createHttpServer(options(config))
                    .connectionHandler(this::connected)
                    .requestHandler(this::handle)
                    .invalidRequestHandler(this::malformed);
            server = created;
            vertx.setPeriodic(
                    ConnectionWatch.interval(config.limits()).toMillis(), _ -> watch.look(nanoTime.getAsLong()));
            return created.listen().onSuccess(listening -> port.set(listening.actualPort()));
        }

        private BodyReader bodyReader() {
            return new BodyReader(config.maxBodyBytes(), limits.bodies(), ContentDecoders.forOneEventLoop(), metrics);
        }

        private void connected(HttpConnection opened) {
            HttpServerConnection connection = (HttpServerConnection) opened;
            ChannelHandlerContext channel = connection.channelHandlerContext();
            if (connections.incrementAndGet() > config.limits().maxConnections()) {
                connections.decrementAndGet();
                metrics.connectionRefused();
                ConnectionWatch.closeNow(channel);
                return;
            }
            channel.pipeline().replace("httpDecoder", "httpDecoder", new RequestDecoder(options(config)));
            // in place of Vert.x' own, which answers unknown versions of HTTP by itself, with an empty 501
            connection.handler(this::handle);
            connection.closeHandler(_ -> {
                connections.decrementAndGet();
                watch.remove(connection);
            });
            watch.add(connection, channel, nanoTime.getAsLong());
        }

        private void handle(HttpServerRequest request) {
            long now = nanoTime.getAsLong();
            ConnectionWatch.Client client = watch.client(request);
            if (client.isClosing()) {
                // who was told that the connection ends gets no further answer on it (RFC 9112, 9.6)
                client.discard(request);
                return;
            }
            client.began(request, now);
            if (request.version() == null || !isWellFormed(request)) {
                refuse(client);
                return;
            }
            if (leaving) {
                client.closeAfterwards(request);
            }
            if (rateLimit.isPresent() && client.address() != null) {
                long wait = rateLimit.get().take(AddressRateLimit.key(client.address()), now);
                if (wait > 0) {
                    answers.problem(request, Route.OTHER, rateLimited(wait));
                    return;
                }
            }
            Objects.requireNonNull(router).handle(request);
        }

        /** What is no HTTP request gets an answer of the contract all the same. */
        private void malformed(HttpServerRequest request) {
            ConnectionWatch.Client client = watch.client(request);
            if (!client.isClosing()) {
                client.began(request, nanoTime.getAsLong());
                refuse(client);
            }
        }

        private void refuse(ConnectionWatch.Client client) {
            metrics.request(Route.OTHER, NOT_HTTP.code().status());
            client.refuse(NOT_HTTP);
        }

        @Override
        public Future<?> stop() {
            return Objects.requireNonNull(server).shutdown(drainTimeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** HTTP/1.1 wants a Host (RFC 9112, 3.2), and a path is what all of ours begin with. */
    private static boolean isWellFormed(HttpServerRequest request) {
        boolean host = request.version() != HttpVersion.HTTP_1_1 || request.getHeader("host") != null;
        String path = request.path();
        return host && path != null && path.startsWith("/") && isWellFramed(request);
    }

    /**
     * Whether it is sure where the body ends: of transfer codings there is one here, chunked, and only HTTP/1.1 has any (RFC 9112,
     * 6.1 and 6.3). Where another is named, what is taken for the next request may be a part of this one's body.
     */
    private static boolean isWellFramed(HttpServerRequest request) {
        String coding = request.getHeader("transfer-encoding");
        return coding == null
                || (request.version() == HttpVersion.HTTP_1_1
                        && coding.equalsIgnoreCase("chunked")
                        && request.headers().getAll("transfer-encoding").size() == 1
                        && request.getHeader("content-length") == null);
    }

    private static Problem rateLimited(long waitNanos) {
        int seconds = (int) TimeUnit.NANOSECONDS.toSeconds(waitNanos) + 1;
        return Problem.retry(Problem.Code.RATE_LIMITED, "This address sends too many requests.", seconds);
    }
}
