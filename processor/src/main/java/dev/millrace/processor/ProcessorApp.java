package dev.millrace.processor;

import dev.millrace.core.connect.KinesisClients;
import dev.millrace.core.connect.LoginRenewal;
import dev.millrace.core.connect.PgPools;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.core.lifecycle.Service;
import dev.millrace.core.lifecycle.ShutdownPlan;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.ops.OpsServer;
import dev.millrace.core.ops.Version;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.cache.RedisCacheKeeper;
import dev.millrace.processor.ownership.KubernetesLeases;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.ownership.Members;
import dev.millrace.processor.ownership.MembershipLoop;
import dev.millrace.processor.ownership.Ownership;
import dev.millrace.processor.ownership.SoleMember;
import dev.millrace.processor.rules.RuleKeeper;
import dev.millrace.processor.shard.BatchDecoder;
import dev.millrace.processor.shard.KinesisReaders;
import dev.millrace.processor.shard.KinesisStreamCatalog;
import dev.millrace.processor.shard.ReadBudget;
import dev.millrace.processor.shard.RunningShards;
import dev.millrace.processor.shard.ShardLoop;
import dev.millrace.processor.shard.ShardSupervisor;
import dev.millrace.processor.shard.SnapshotPace;
import dev.millrace.processor.store.FlywayMigrations;
import dev.millrace.processor.store.PartitionKeeper;
import dev.millrace.processor.store.PgAlerts;
import dev.millrace.processor.store.PgPartitionStore;
import dev.millrace.processor.store.PgRuleStore;
import dev.millrace.processor.store.PgSensorStore;
import dev.millrace.processor.store.PgShardNotices;
import dev.millrace.processor.store.PgShardStore;
import dev.millrace.processor.store.PgStreamStore;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardKey;
import dev.millrace.processor.task.RestartedProgram;
import dev.millrace.processor.task.Task;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.VertxTasks;
import dev.millrace.processor.task.Waits;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A processor with all its parts, wired. */
public final class ProcessorApp implements Service {

    /** Each shard that is read holds a connection to PostgreSQL. */
    private static final int MAX_SHARDS = 256;

    /**
     * For what sees to the shards: it must not wait for connections that their loops hold. Five at a time are used, and one by each
     * receiver of alerts now and then; more are for logins that are never answered, each of which keeps a place until its silence ends
     * it.
     */
    private static final int KEEPERS_CONNECTIONS = 64;

    /**
     * What all shards remember: some 500 bytes each of keys and limits, up to about 3 KiB where rules of every kind look at them; one under
     * many large windows counts for several.
     */
    private static final int MAX_SERIES = 150_000;

    /** What all shards' reads hold at a time. */
    private static final long READ_BYTES = 64 * 1024 * 1024;

    private static final Duration KINESIS_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration SUBSCRIPTION_SILENCE = Duration.ofMinutes(1);
    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);

    /** A stop waits so long for the others to learn of it; what they have not learnt costs them time only. */
    private static final long DRAIN_TOLD_MILLIS = 2_000;

    private static final long DRAIN_POLL_MILLIS = 20;

    /** The gateway's clock and the stream's may differ by this: a reading that was accepted must not be refused here. */
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

    private final ProcessorConfig config;
    private final InstantSource clock = InstantSource.system();
    private final RandomGenerator random = new Random(); // shared by threads
    private final Vertx vertx;
    private final Health health = new Health(Version.current());
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProcessorMetrics metrics = new ProcessorMetrics(registry, clock);
    private final OpsServer opsServer;
    private final LoginRenewal login;
    private final Pool pool;
    private final Pool keepersPool;
    private final SeriesShares series = new SeriesShares(MAX_SERIES);
    private final Redis redis;
    private final KinesisAsyncClient kinesis;
    private final Optional<KinesisAsyncClient> subscriptions;
    private final KinesisReaders readers;
    private final Availability postgresqlState;
    private final Availability kinesisState;
    private final Availability redisState;
    private final RedisCacheKeeper cacheKeeper;
    private final RuleKeeper rules;
    private final AlertsApp alerts;
    private final VertxTasks tasks;
    private final LeaseTime lease;
    private final Optional<KubernetesLeases> leases;
    private final Optional<MembershipLoop> membership;
    private final Members members;
    private final PgShardNotices notifications;
    private final ProcessorProgram program;
    private final List<VertxTasks.Started> started = new CopyOnWriteArrayList<>();
    private volatile VertxTasks.@Nullable Started main;
    private final ShutdownPlan shutdownPlan;

    public ProcessorApp(ProcessorConfig config) {
        this.config = config;
        vertx = VertxInstances.create();
        opsServer = new OpsServer(vertx, config.ops(), health, registry);
        lease = new LeaseTime(config.membership().leaseDuration());
        login = new LoginRenewal(config.database(), System::nanoTime);
        pool = PgPools.create(vertx, config.database(), login, "millrace-processor", MAX_SHARDS, loopsSession(lease));
        keepersPool = PgPools.create(
                vertx,
                config.database(),
                login,
                "millrace-processor-keepers",
                KEEPERS_CONNECTIONS,
                keepersSession(lease));
        redis = RedisClients.create(vertx, config.redis());
        kinesis = KinesisClients.create(config.kinesis(), kinesisTimeout(lease), MAX_SHARDS);
        KinesisReaders polling = new KinesisReaders(
                kinesis, vertx, config.kinesis().stream(), new ReadBudget(READ_BYTES), clock, System::nanoTime);
        subscriptions = config.fanOut()
                .consumer()
                .map(_ -> KinesisClients.createForSubscriptions(
                        config.kinesis(), kinesisTimeout(lease), SUBSCRIPTION_SILENCE, MAX_SHARDS));
        readers = subscriptions
                .map(http2 ->
                        polling.withFanOut(http2, config.fanOut().consumer().orElseThrow(), random))
                .orElse(polling);
        postgresqlState = availability("PostgreSQL", Availability.Kind.ESSENTIAL);
        kinesisState = availability("Kinesis", Availability.Kind.ESSENTIAL);
        redisState = availability("Redis", Availability.Kind.NEEDED_AT_START);
        cacheKeeper = new RedisCacheKeeper(
                redis,
                new PgSensorStore(keepersPool),
                redisState,
                metrics,
                random,
                System::nanoTime,
                RedisCacheKeeper.Pace.USUAL);
        rules = new RuleKeeper(config.rules(), new PgRuleStore(keepersPool), health.component("rules"), metrics);
        alerts = new AlertsApp(
                config.alerts(),
                config.kinesis().credentials(),
                new AlertsApp.Parts(
                        vertx, keepersPool, config.owner(), metrics, health, postgresqlState, clock, random));
        tasks = new VertxTasks(vertx);
        leases = config.membership()
                .pod()
                .map(pod -> new KubernetesLeases(
                        pod, lease.duration(), config.kinesis().stream(), config.owner(), clock, System::nanoTime));
        membership = leases.map(all -> new MembershipLoop(
                config.owner(), all, lease, availability("Kubernetes", Availability.Kind.NEEDED_AT_START), this::wake));
        members =
                membership.<Members>map(loop -> loop).orElseGet(() -> new SoleMember(config.owner(), System::nanoTime));
        notifications = new PgShardNotices(vertx, keepersPool, this::notified, random);
        program = program();
        shutdownPlan = new ShutdownPlan(config.ops().shutdownTimeout())
                .then("not ready", this::drain)
                .then("tell the others", this::tellOthers)
                .then("commit what is in hand, and give the shards up", this::finish)
                .then("stop what tends to them", this::finishOthers)
                .then("close the receivers of alerts", alerts::close)
                .then("close the pools", () -> Future.join(pool.close(), keepersPool.close(), redis.close()))
                .then("close the Kinesis client", () -> vertx.executeBlocking(this::closeKinesis))
                .then("close the operations server", opsServer::close)
                .then("close Vert.x", vertx::close);
    }

    /** A call that hangs keeps a shard from showing that it is read for no longer than it may go without. */
    private static Duration kinesisTimeout(LeaseTime lease) {
        Duration third = lease.duration().dividedBy(3);
        return third.compareTo(KINESIS_TIMEOUT) < 0 ? third : KINESIS_TIMEOUT;
    }

    /** A session that hangs in a transaction, its process stopped say, holds nobody up for longer. */
    static Map<String, String> loopsSession(LeaseTime lease) {
        return Map.of(
                "lock_timeout", Long.toString(lease.lockMillis()),
                "idle_in_transaction_session_timeout", Long.toString(lease.idleInTransactionMillis()),
                "transaction_timeout", Long.toString(lease.transactionMillis()),
                "statement_timeout", Long.toString(lease.transactionMillis()));
    }

    /** What is read for the cache may take longer than a lease lasts. */
    private static Map<String, String> keepersSession(LeaseTime lease) {
        return Map.of(
                "lock_timeout", Long.toString(lease.lockMillis()),
                "idle_in_transaction_session_timeout", Long.toString(lease.idleInTransactionMillis()),
                "statement_timeout", Long.toString(STATEMENT_TIMEOUT.toMillis()));
    }

    private Availability availability(String name, Availability.Kind kind) {
        return new Availability(name, kind, health.component(name.toLowerCase(Locale.ROOT)), clock);
    }

    private ProcessorProgram program() {
        String stream = config.kinesis().stream();
        Health.Component shards = health.component("shards");
        ShardSupervisor supervisor = new ShardSupervisor(
                new ShardSupervisor.Ports(
                        new KinesisStreamCatalog(kinesis, vertx, stream),
                        created -> new PgStreamStore(keepersPool, stream, created),
                        members),
                new ShardSupervisor.States(postgresqlState, kinesisState, shards),
                config.start(),
                new Ownership(members.self(), lease, random),
                new RunningShards(MAX_SHARDS, tasks, this::loop, metrics, this::wake, random),
                metrics,
                clock,
                random);
        return new ProcessorProgram(
                vertx,
                new FlywayMigrations(config.migration(), owner(), config.firstLogins()),
                postgresqlState,
                shards,
                this::schemaIsUpToDate,
                supervisor,
                random);
    }

    /** Where the processor's login is the owner's too, what is read again of it serves both. */
    private LoginRenewal owner() {
        return config.migration().equals(config.database())
                ? login
                : new LoginRenewal(config.migration(), System::nanoTime);
    }

    @Override
    public Future<Void> start() {
        return opsServer
                .start()
                .onSuccess(_ -> membership.ifPresent(loop -> loop.wokenBy(tend("membership", loop)::wake)))
                .onSuccess(_ -> main = tasks.start(
                        "processor",
                        new RestartedProgram("processor", program, random),
                        fault -> fault.ifPresent(_ -> health.component("shards").down("stopped by a fault"))))
                .mapEmpty();
    }

    /** What needs the tables. */
    private void schemaIsUpToDate() {
        notifications.start();
        tend("rules", rules);
        alerts.start(this::tend);
        tend("latest-values", cacheKeeper);
        tend(
                "partitions",
                new PartitionKeeper(new PgPartitionStore(keepersPool), config.retentionDays(), postgresqlState));
    }

    private Task tend(String name, Tasks.Program program) {
        VertxTasks.Started task = tasks.start(
                name,
                new RestartedProgram(name, program, random),
                fault -> fault.ifPresent(_ -> health.component(name).down("stopped by a fault")));
        started.add(task);
        return task;
    }

    /** A shard is free, or read out. */
    private void notified() {
        members.refresh();
        wake();
    }

    private void wake() {
        VertxTasks.Started running = main;
        if (running != null) {
            running.wake();
        }
    }

    private Future<?> tellOthers() {
        members.drain();
        return awaitTold(DRAIN_TOLD_MILLIS / DRAIN_POLL_MILLIS);
    }

    private Future<?> awaitTold(long polls) {
        return members.isDrainTold() || polls == 0
                ? Future.succeededFuture()
                : vertx.timer(DRAIN_POLL_MILLIS).compose(_ -> awaitTold(polls - 1));
    }

    private Future<?> finish() {
        VertxTasks.Started running = main;
        return running == null ? Future.succeededFuture() : running.finish();
    }

    private Future<?> finishOthers() {
        return Future.join(Stream.concat(
                                started.stream().map(VertxTasks.Started::finish), Stream.of(notifications.close()))
                        .toList())
                .onComplete(_ -> leases.ifPresent(KubernetesLeases::close));
    }

    @Override
    public Future<Void> ready() {
        return health.ready();
    }

    @Override
    public ShutdownPlan shutdownPlan() {
        return shutdownPlan;
    }

    /** The port of the operations server, once started. */
    public int opsPort() {
        return opsServer.port();
    }

    private ShardLoop loop(RunningShards.Taken taken, Waits waits) {
        String stream = config.kinesis().stream();
        String shardId = taken.shardId();
        ShardKey key = new ShardKey(stream, taken.listing().created(), shardId);
        SeriesShares.Share share = series.take();
        PgShardStore store =
                new PgShardStore(pool, key, new PgAlerts(config.alerts().routes()), share::capacity);
        LatestValues latest = cacheKeeper.latestValues(key, taken.shard().range());
        // the gateway has limited what was sent; its line may be longer, and must not be refused once it was accepted
        ReadingDecoder decoder = new ReadingDecoder(
                new ReadingLimits(config.maxClockAhead().plus(CLOCK_SKEW), Optional.empty()),
                ReadingEncoder.MAX_LINE_BYTES);
        return new ShardLoop(
                new ShardLoop.Claim(
                        shardId,
                        taken.shard().range(),
                        taken.epoch(),
                        taken.cachedTo(),
                        TimeUnit.MILLISECONDS.toMicros(
                                taken.listing().retention().toMillis()),
                        lease.renewNanos()),
                new ShardLoop.Ports(readers.reader(taken.listing().created(), shardId), store, latest, share),
                new ShardLoop.Availabilities(kinesisState, postgresqlState),
                new BatchDecoder(decoder, taken.shard().range()),
                new ShardLoop.Detection(rules, SnapshotPace.USUAL),
                metrics,
                waits,
                random);
    }

    private Future<?> drain() {
        health.drain();
        long millis = config.ops().shutdownDelay().toMillis();
        return millis == 0 ? Future.succeededFuture() : vertx.timer(millis);
    }

    private boolean closeKinesis() {
        subscriptions.ifPresent(KinesisAsyncClient::close);
        kinesis.close();
        return true;
    }
}
