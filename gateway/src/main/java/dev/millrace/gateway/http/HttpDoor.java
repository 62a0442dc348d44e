package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.device.DeviceRegistry;
import dev.millrace.gateway.http.encoding.ContentDecoders;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.AddressRateLimit;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.limit.ConnectionLimit;
import dev.millrace.gateway.query.AnomalyStore;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.query.SensorStore;
import dev.millrace.gateway.tls.Arrivals;
import dev.millrace.gateway.tls.Tls;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server: one verticle an event loop, all on one port, and on another where there is TLS, with HTTP/2 for who asks for it. It keeps every limit that needs no look at a route; what
 * comes through goes to {@link Routes}.
 */
public final class HttpDoor {

    /** How many largest bodies are read and thrown away of a request that is answered without its body. */
    private static final int DISCARD_FACTOR = 4;

    /** How many streams a client may reset in a minute, and make us reset for its faults, before its connection ends. */
    private static final int MAX_RESETS = 200;

    private static final Problem NOT_HTTP = Problem.of(Problem.Code.MALFORMED, "The request is not valid HTTP.");

    private final Vertx vertx;
    private final HttpConfig config;
    private final Ingestor ingestor;
    private final LatestQuery latest;
    private final SensorStore store;
    private final AnomalyStore anomalies;
    private final DeviceRegistry devices;
    private final GatewayMetrics metrics;
    private final ClientLimits limits;
    private final Gate gate;
    private final Page page = Page.load();
    private final LongSupplier nanoTime;
    private final Optional<AddressRateLimit> rateLimit;
    private final Optional<Tls> tls;
    private final ConnectionLimit connections;
    private final Optional<Arrivals> arrivals;
    private final AtomicInteger port = new AtomicInteger();
    private final AtomicInteger tlsPort = new AtomicInteger();
    private volatile Optional<String> deployment = Optional.empty();
    private volatile Duration drainTimeout = Duration.ofSeconds(10);
    private volatile boolean leaving;

    /**
     * A server that does not listen yet.
     *
     * @param shared the limits that hold for all doors together
     * @param tls must be there where the configuration has a port for it
     * @param nanoTime a monotonic clock
     */
    public HttpDoor(
            Vertx vertx,
            HttpConfig config,
            Ingestor ingestor,
            LatestQuery latest,
            SensorStore store,
            AnomalyStore anomalies,
            DeviceRegistry devices,
            GatewayMetrics metrics,
            Gate gate,
            ClientLimits shared,
            Optional<Tls> tls,
            LongSupplier nanoTime) {
        this.vertx = vertx;
        this.config = config;
        this.ingestor = ingestor;
        this.latest = latest;
        this.store = store;
        this.anomalies = anomalies;
        this.devices = devices;
        this.metrics = metrics;
        this.limits = shared;
        metrics.bodyBytes(shared.bodies()::used);
        this.gate = gate;
        this.nanoTime = nanoTime;
        this.rateLimit = shared.rate();
        this.tls = tls;
        this.connections = new ConnectionLimit(config.limits().maxConnections());
        this.arrivals = tls.map(given -> given.arrivals(connections, metrics::connectionRefused));
        metrics.openConnections(connections::open);
    }

    /** Listens on {@code instances} event loops; fails where the port is taken. */
    public Future<Void> open(int instances) {
        return vertx.deployVerticle(Instance::new, new DeploymentOptions().setInstances(instances))
                .onSuccess(id -> deployment = Optional.of(id))
                .mapEmpty();
    }

    /** The port that it listens on without TLS; 0 where there is none. */
    public int port() {
        return port.get();
    }

    /** The port of TLS; 0 where there is none. */
    public int tlsPort() {
        return tlsPort.get();
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

    /** A server's options, for the gateway and for what is compared with it. */
    public static HttpServerOptions options(HttpConfig config, int port) {
        return new HttpServerOptions()
                .setHost(config.host())
                .setPort(port)
                // the connection watch's matter; Vert.x' own would count the time that an answer takes us
                .setIdleTimeout(0)
                .setMaxHeaderSize(config.limits().maxHeaderBytes())
                .setMaxInitialLineLength(config.limits().maxRequestLineBytes())
                .setTcpNoDelay(true)
                .setHttp2ClearTextEnabled(false)
                // where there is a tracer: whether a request without a trace begins one is its sampler's matter
                .setTracingPolicy(TracingPolicy.ALWAYS);
    }

    /** With HTTP/2 besides. Netty's own limits of floods (of resets, empty frames, settings and pings to be answered) hold too. */
    private static HttpServerOptions tlsOptions(HttpConfig config, int port) {
        return options(config, port)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(Http2Client.MAX_STREAMS)
                        // a path is a header there
                        .setMaxHeaderListSize(config.limits().maxHeaderBytes()
                                + config.limits().maxRequestLineBytes())
                        .setInitialWindowSize(Http2Client.WINDOW))
                .setHttp2ConnectionWindowSize(4 * Http2Client.WINDOW)
                .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
                .setHttp2RstFloodWindowDuration(60)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
    }

    private final class Instance extends VerticleBase {

        private final ConnectionWatch watch =
                new ConnectionWatch(config.limits(), (long) DISCARD_FACTOR * config.maxBodyBytes(), metrics);
        private final Answers answers = new Answers(metrics, watch);
        private final List<HttpServer> servers = new ArrayList<>();
        private @Nullable Router router;

        @Override
        public Future<?> start() {
            router = Routes.create(
                    vertx,
                    gate,
                    new IngestHandler(vertx, ingestor, bodyReader(), limits, nanoTime),
                    new QueryHandler(latest, store),
                    new AnomalyHandler(anomalies),
                    new DeviceHandler(devices, new SmallBodies(limits.bodies()), InstantSource.system()),
                    page,
                    answers);
            vertx.setPeriodic(
                    ConnectionWatch.interval(config.limits()).toMillis(), _ -> watch.look(nanoTime.getAsLong()));
            Future<?> plain = config.port()
                    .<Future<?>>map(wanted -> listen("HTTP_PORT", options(config, wanted), false, port))
                    .orElseGet(Future::succeededFuture);
            return plain.compose(_ -> config.tlsPort()
                    .<Future<?>>map(wanted -> listen(
                            "HTTPS_PORT",
                            tls.orElseThrow().secure(tlsOptions(config, wanted), arrivals.orElseThrow()),
                            true,
                            tlsPort))
                    .orElseGet(Future::succeededFuture));
        }

        private Future<?> listen(String variable, HttpServerOptions options, boolean secure, AtomicInteger actual) {
            HttpServer server = vertx.createHttpServer(options)
                    // else what was sent to the wrong port would be told in the log, keys too; it is counted
                    .exceptionHandler(_ -> {})
                    .connectionHandler(opened -> connected(opened, secure))
                    .requestHandler(this::handle)
                    .invalidRequestHandler(this::malformed);
            servers.add(server);
            return server.listen()
                    .onSuccess(listening -> {
                        actual.set(listening.actualPort());
                        if (secure) {
                            tls.orElseThrow().attach(server::updateSSLOptions);
                        }
                    })
                    .recover(cause -> Future.failedFuture("port " + options.getPort() + " cannot be opened ("
                            + cause.getMessage() + "); choose another with " + variable));
        }

        private BodyReader bodyReader() {
            return new BodyReader(config.maxBodyBytes(), limits.bodies(), ContentDecoders.forOneEventLoop(), metrics);
        }

        private void connected(HttpConnection opened, boolean secure) {
            HttpServerConnection connection = (HttpServerConnection) opened;
            ChannelHandlerContext channel = connection.channelHandlerContext();
            if (secure) {
                // it counts since it was accepted
                arrivals.orElseThrow().arrived(channel.channel());
            } else if (!connections.enter(channel.channel())) {
                metrics.connectionRefused();
                Client.closeNow(channel);
                return;
            }
            // in place of Vert.x' own, which answers unknown versions of HTTP by itself, with an empty 501
            connection.handler(this::handle);
            connection.closeHandler(_ -> watch.remove(connection));
            watch.add(connection, client(connection, channel, secure));
        }

        private Client client(HttpServerConnection connection, ChannelHandlerContext channel, boolean secure) {
            long now = nanoTime.getAsLong();
            Credentials shown = secure ? tls.orElseThrow().shown(channel.channel()) : Credentials.NONE;
            if (channel.pipeline().get("httpDecoder") == null) {
                return new Http2Client(connection, channel, watch.terms(), answers, shown, now);
            }
            channel.pipeline().replace("httpDecoder", "httpDecoder", new RequestDecoder(options(config, 0)));
            return new Http1Client(channel, watch.terms(), secure, shown, now);
        }

        private void handle(HttpServerRequest request) {
            long now = nanoTime.getAsLong();
            Client client = watch.client(request);
            if (client.isClosing()) {
                // who was told that the connection ends gets no further answer on it (RFC 9112, 9.6)
                client.discard(request);
                return;
            }
            if (client.isSecure()) {
                request.response().putHeader("strict-transport-security", Client.HSTS);
            }
            if (!client.began(request, now)) {
                return;
            }
            if (request.version() == null || !isWellFormed(request)) {
                refuse(client, request);
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
            Client client = watch.client(request);
            if (!client.isClosing() && client.began(request, nanoTime.getAsLong())) {
                refuse(client, request);
            }
        }

        private void refuse(Client client, HttpServerRequest request) {
            client.refuse(request, NOT_HTTP);
        }

        @Override
        public Future<?> stop() {
            return Future.all(servers.stream()
                    .map(server -> server.shutdown(drainTimeout.toMillis(), TimeUnit.MILLISECONDS))
                    .toList());
        }
    }

    /**
     * HTTP/1.1 wants a Host (RFC 9112, 3.2), HTTP/2 the same or its {@code :authority}, and a path is what all of ours begin with.
     */
    private static boolean isWellFormed(HttpServerRequest request) {
        boolean host =
                switch (request.version()) {
                    case HTTP_1_0 -> true;
                    case HTTP_1_1 -> request.getHeader("host") != null;
                    // an absolute target is HTTP/1's (RFC 9113, 8.3.1)
                    case HTTP_2 -> request.authority() != null && isPath(request.uri());
                };
        return host && isPath(request.path()) && isWellFramed(request);
    }

    /** A CONNECT of HTTP/2 has none. */
    private static boolean isPath(@Nullable String text) {
        return text != null && text.startsWith("/");
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
