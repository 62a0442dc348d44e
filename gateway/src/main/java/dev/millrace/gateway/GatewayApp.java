package dev.millrace.gateway;

import dev.millrace.core.connect.KinesisClients;
import dev.millrace.core.connect.PgPools;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.core.lifecycle.Dependency;
import dev.millrace.core.lifecycle.Service;
import dev.millrace.core.lifecycle.ShutdownPlan;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.ops.OpsServer;
import dev.millrace.core.ops.Version;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.auth.AskedInTurn;
import dev.millrace.gateway.auth.AuthConfig;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.AuthenticatorByForm;
import dev.millrace.gateway.auth.KeyFile;
import dev.millrace.gateway.auth.KeySet;
import dev.millrace.gateway.auth.jwt.JwksClient;
import dev.millrace.gateway.auth.jwt.JwtAuthenticator;
import dev.millrace.gateway.auth.jwt.OidcConfig;
import dev.millrace.gateway.auth.jwt.ProviderKeys;
import dev.millrace.gateway.auth.jwt.TokenMetrics;
import dev.millrace.gateway.device.DeviceDirectory;
import dev.millrace.gateway.device.PgDeviceFeed;
import dev.millrace.gateway.device.PgDeviceRegistry;
import dev.millrace.gateway.http.Gate;
import dev.millrace.gateway.http.HttpDoor;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.ClientLimits;
import dev.millrace.gateway.mqtt.MqttDoor;
import dev.millrace.gateway.mqtt.MqttMetrics;
import dev.millrace.gateway.mqtt.Rejections;
import dev.millrace.gateway.publish.KinesisShardedStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.ShardMap;
import dev.millrace.gateway.publish.ShardedStream;
import dev.millrace.gateway.query.LatestQuery;
import dev.millrace.gateway.query.PgAnomalyStore;
import dev.millrace.gateway.query.PgSensorStore;
import dev.millrace.gateway.query.RedisSensorCache;
import dev.millrace.gateway.tls.Tls;
import dev.millrace.gateway.trace.Tracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.sqlclient.Pool;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The gateway, put together. */
public final class GatewayApp implements Service {

    private static final Logger LOG = LoggerFactory.getLogger(GatewayApp.class);

    /** A lane has one record in flight, and lanes share calls; more calls than this wait within their time. */
    private static final int MAX_CALLS = 256;

    private static final int POOL_SIZE = 8;

    /** The server's drain waits for this, so that a query under way is answered. */
    private static final Duration STORE_TIMEOUT = GatewayConfig.HTTP_DRAIN.minusSeconds(1);

    private static final Duration CACHE_TIMEOUT = Duration.ofMillis(500);

    /** Removed keys stop working about this long after the file has changed; certificates follow theirs as soon. */
    private static final Duration FILE_INTERVAL = Duration.ofSeconds(1);

    private static final Map<String, String> SESSION = Map.of("statement_timeout", "5000", "lock_timeout", "2000");

    private final GatewayConfig config;
    private final Tracing tracing;
    private final Vertx vertx;
    private final Random random = new Random();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final GatewayMetrics metrics = new GatewayMetrics(registry);
    private final Health health = new Health(Version.current());
    private final Availability kinesisState = availability("Kinesis");
    private final Availability postgresState = availability("PostgreSQL");
    private final Availability redisState = availability("Redis");
    private final OpsServer ops;
    private final KinesisAsyncClient kinesis;
    private final ShardedStream stream;
    private final Pool postgres;
    private final PgSensorStore store;
    private final Redis redis;
    private final RedisSensorCache cache;
    private final Ingestor ingestor;
    private final HttpDoor http;
    private final MqttDoor mqtt;
    private final Dependency kinesisThere;
    private final Dependency postgresThere;
    private final Dependency redisThere;
    private final AtomicBoolean publisherOpened = new AtomicBoolean();
    private final ShutdownPlan shutdownPlan;
    private final List<FileWatch> fileWatches = new ArrayList<>();
    private Optional<PgDeviceFeed> deviceFeed = Optional.empty();
    private Optional<ProviderKeys> providerKeys = Optional.empty();

    /** A gateway that does nothing before {@link #start}. */
    public GatewayApp(GatewayConfig config) {
        this.config = config;
        tracing = Tracing.start(config.tracing());
        vertx = VertxInstances.create(tracing.tracer());
        Rejections rejections = new Rejections(InstantSource.system());
        ops = new OpsServer(vertx, config.ops(), health, registry, Map.of("/rejections", rejections::toJson));
        kinesis = KinesisClients.create(config.kinesis(), config.publisher().callTimeout(), MAX_CALLS);
        stream = new KinesisShardedStream(kinesis, config.kinesis().stream());
        postgres = PgPools.create(vertx, config.database(), "millrace-gateway", POOL_SIZE, SESSION);
        store = new PgSensorStore(postgres, postgresState, STORE_TIMEOUT);
        redis = RedisClients.create(vertx, config.redis());
        cache = new RedisSensorCache(redis, CACHE_TIMEOUT);
        ReceiptClock receipt = new ReceiptClock(Clock.systemUTC());
        ingestor = new Ingestor(new ReadingDecoder(config.limits()), receipt, metrics, System::nanoTime);
        Authenticator authenticator = authenticator();
        AuthFailureLog failures = new AuthFailureLog(metrics, System::nanoTime);
        Optional<Tls> tls = config.tls().map(given -> new Tls(given, metrics, failures, InstantSource.system()));
        tls.ifPresent(given -> fileWatches.add(new FileWatch(vertx, "TLS files", given::reload, FILE_INTERVAL)));
        ClientLimits limits = ClientLimits.of(
                config.http().bodyBufferBytes(),
                config.http().limits().ratePerAddress(),
                config.devices().usualRate(),
                System.nanoTime());
        http = new HttpDoor(
                vertx,
                config.http(),
                ingestor,
                new LatestQuery(cache, store, redisState, System::nanoTime),
                store,
                new PgAnomalyStore(postgres, postgresState, STORE_TIMEOUT),
                new PgDeviceRegistry(
                        postgres, postgresState, STORE_TIMEOUT, config.devices().maxDevices(), new SecureRandom()),
                metrics,
                new Gate(authenticator, failures),
                limits,
                tls,
                System::nanoTime);
        mqtt = new MqttDoor(
                vertx,
                config.mqtt(),
                ingestor,
                limits,
                authenticator,
                failures,
                receipt,
                rejections,
                new MqttMetrics(registry),
                new SecureRandom(),
                tls,
                System::nanoTime);
        kinesisThere = new Dependency(vertx, kinesisState, random);
        postgresThere = new Dependency(vertx, postgresState, random);
        redisThere = new Dependency(vertx, redisState, random);
        shutdownPlan = planShutdown();
    }

    private Authenticator authenticator() {
        return switch (config.auth()) {
            case AuthConfig.Off() -> Authenticator.off();
            case AuthConfig.Required(Path file, KeySet keys, String version) -> {
                KeyFile keyFile = new KeyFile(file, keys, version, metrics);
                fileWatches.add(new FileWatch(vertx, "key file", keyFile::reload, FILE_INTERVAL));
                List<AuthenticatorByForm.Branch> branches =
                        config.oidc().map(this::tokens).stream().toList();
                yield new AuthenticatorByForm(branches, new AskedInTurn(keyFile, directory()));
            }
        };
    }

    private Future<Void> devicesRead() {
        return deviceFeed.map(PgDeviceFeed::start).orElseGet(Future::succeededFuture);
    }

    private DeviceDirectory directory() {
        DeviceDirectory directory =
                new DeviceDirectory(config.devices().cacheTime(), InstantSource.system(), System::nanoTime);
        metrics.devices(directory::size, directory::age, directory::oldestKeyAge);
        deviceFeed = Optional.of(new PgDeviceFeed(
                vertx, postgres, directory, postgresState, config.devices().maxDevices(), random));
        return directory;
    }

    private AuthenticatorByForm.Branch tokens(OidcConfig oidc) {
        TokenMetrics tokenMetrics = new TokenMetrics(registry);
        Availability provider = new Availability(
                "OIDC provider", Availability.Kind.OPTIONAL, health.component("oidc"), InstantSource.system());
        ProviderKeys keys =
                new ProviderKeys(new JwksClient(vertx, oidc)::fetch, provider, tokenMetrics, System::nanoTime);
        providerKeys = Optional.of(keys);
        return new AuthenticatorByForm.Branch(
                JwtAuthenticator::takes,
                new JwtAuthenticator(oidc, keys, tokenMetrics, InstantSource.system(), System::nanoTime));
    }

    private Availability availability(String name) {
        return new Availability(
                name,
                Availability.Kind.NEEDED_AT_START,
                health.component(name.toLowerCase(Locale.ROOT)),
                InstantSource.system());
    }

    @Override
    public Future<Void> start() {
        return ops.start()
                .compose(_ -> http.open(Runtime.getRuntime().availableProcessors()))
                .compose(_ -> mqtt.open(Runtime.getRuntime().availableProcessors()))
                .onSuccess(_ -> {
                    tellPort("HTTP", config.http().host(), http.port());
                    tellPort("HTTPS", config.http().host(), http.tlsPort());
                    tellPort("MQTT", config.mqtt().host(), mqtt.port());
                    tellPort("MQTT over TLS", config.mqtt().host(), mqtt.tlsPort());
                    fileWatches.forEach(FileWatch::start);
                    providerKeys.ifPresent(keys -> keys.start(vertx));
                    kinesisThere.await(() -> stream.shardMap().compose(this::openPublisher));
                    postgresThere.await(() -> store.check().compose(_ -> devicesRead()));
                    redisThere.await(cache::check);
                });
    }

    private static void tellPort(String what, String host, int port) {
        if (port > 0) {
            LOG.info("The gateway listens on {}:{} for {}", host, port, what);
        }
    }

    @Override
    public Future<Void> ready() {
        return health.ready();
    }

    /** Opens the one publisher; an attempt whose answer came too late to count must not open a second. */
    private Future<String> openPublisher(ShardMap shards) {
        if (!publisherOpened.compareAndSet(false, true)) {
            return Future.succeededFuture("opened before");
        }
        LOG.info(
                "Publishing to {}, {} shards",
                config.kinesis().stream(),
                shards.shards().size());
        return vertx.deployVerticle(context -> {
            ingestor.open(new Publisher(
                    vertx,
                    context,
                    stream,
                    shards,
                    config.publisher(),
                    kinesisState,
                    metrics,
                    random,
                    System::nanoTime));
            return Future.succeededFuture();
        });
    }

    @Override
    public ShutdownPlan shutdownPlan() {
        return shutdownPlan;
    }

    private ShutdownPlan planShutdown() {
        return new ShutdownPlan(config.ops().shutdownTimeout())
                .then("tell that it is not ready", () -> {
                    health.drain();
                    http.leave();
                    List.of(kinesisThere, postgresThere, redisThere).forEach(Dependency::cancel);
                    return Future.succeededFuture();
                })
                .then("wait for the load balancer", this::shutdownDelay)
                .then("refuse new readings and answer what is in flight", this::drain)
                .then("close the HTTP server", () -> http.drain(GatewayConfig.HTTP_DRAIN))
                .then(
                        "hear of devices no more",
                        () -> deviceFeed.map(PgDeviceFeed::close).orElseGet(Future::succeededFuture))
                .then("look at files and keys no more", () -> {
                    fileWatches.forEach(FileWatch::stop);
                    providerKeys.ifPresent(ProviderKeys::stop);
                    return Future.succeededFuture();
                })
                .then(
                        "close Kinesis",
                        () -> vertx.executeBlocking(() -> {
                            kinesis.close();
                            return true;
                        }))
                .then("close Redis", () -> {
                    redis.close();
                    return Future.succeededFuture();
                })
                .then("close PostgreSQL", postgres::close)
                .then("send the last spans", tracing::close)
                .then("close the operations server", ops::close)
                .then("close Vert.x", vertx::close);
    }

    /** Publishes over MQTT have a longer time than requests; a stop does not wait for all of it. */
    private Future<?> drain() {
        Duration timeout = config.publisher().timeout();
        Future<Void> mqttDrained = mqtt.drain(timeout);
        return Future.all(mqttDrained, ingestor.drain()).timeout(timeout.toMillis() + 500, TimeUnit.MILLISECONDS);
    }

    private Future<?> shutdownDelay() {
        long millis = config.ops().shutdownDelay().toMillis();
        return millis == 0 ? Future.succeededFuture() : vertx.timer(millis);
    }

    /** The port of {@code POST /sensors} without TLS; 0: none. */
    public int httpPort() {
        return http.port();
    }

    /** The port of {@code POST /sensors} with TLS; 0: none. */
    public int httpsPort() {
        return http.tlsPort();
    }

    /** The port of MQTT without TLS; 0: none. */
    public int mqttPort() {
        return mqtt.port();
    }

    /** The port of MQTT over TLS; 0: none. */
    public int mqttsPort() {
        return mqtt.tlsPort();
    }

    /** The port of {@code /health} and {@code /metrics}. */
    public int opsPort() {
        return ops.port();
    }
}
