package dev.millrace.local.kinesis;

import dev.millrace.local.kinesis.fault.Faults;
import dev.millrace.local.kinesis.protocol.AwsFailure;
import dev.millrace.local.kinesis.server.EmulatorServer;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.kinesis.store.StoreCounts;
import dev.millrace.local.kinesis.store.StoreSettings;
import dev.millrace.local.kinesis.store.StoredRecord;
import dev.millrace.local.kinesis.store.StreamDescription;
import dev.millrace.local.kinesis.store.StreamStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Amazon Kinesis Data Streams on this machine, in memory: a server on a TCP port of its own that speaks the service's
 * protocol (AWS JSON 1.1 and CBOR 1.1), so that unmodified AWS SDKs and {@code aws --endpoint-url} work with it. It keeps
 * the service's limits and error names, and lets a test make things go wrong ({@link #faults}), also from other processes
 * by {@code POST /_faults}:
 *
 * <pre>{@code
 * curl -H 'Content-Type: application/json' -d '{"fault": "throttle", "share": 0.2}' http://127.0.0.1:4567/_faults
 * curl -X DELETE http://127.0.0.1:4567/_faults
 * curl http://127.0.0.1:4567/_counts
 * }</pre>
 *
 * <p>What it does not have: on-demand streams, tags, encryption, records over 1 MiB, limits on calls
 * that do not read or write records. It accepts every signature that has the right shape.
 *
 * <p>The methods that look into it may be called from any thread. They throw {@link AwsFailure} for a stream or shard
 * that does not exist.
 */
public final class KinesisEmulator {

    private final Vertx vertx;
    private final String host;
    private final int port;
    private final InstantSource clock;
    private final StreamStore store;
    private final Faults faults;

    /** The server's deployment; none while it is unplugged. Under the lock of this. */
    private Optional<String> deploymentId;

    private KinesisEmulator(
            Vertx vertx,
            String host,
            int port,
            InstantSource clock,
            StreamStore store,
            Faults faults,
            String deploymentId) {
        this.vertx = vertx;
        this.host = host;
        this.port = port;
        this.clock = clock;
        this.store = store;
        this.faults = faults;
        this.deploymentId = Optional.of(deploymentId);
    }

    /** Starts an emulator with the system's clock and a random seed. */
    public static Future<KinesisEmulator> start(Vertx vertx, EmulatorConfig config) {
        return start(vertx, config, Clock.systemUTC(), new SplittableRandom());
    }

    /**
     * Starts an emulator.
     *
     * @param vertx stays the caller's; the emulator takes one of its event loops
     * @param clock tells arrival, expiry, rates and the {@code Date} of answers; delays that faults put in pass in real
     *     time
     * @param random decides gaps in sequence numbers, shuffling and what faults strike; not used after this returns but
     *     by generators made from it
     * @return fails with {@link java.net.BindException} if the port is taken, and with {@link AwsFailure} if the streams
     *     to create break the service's rules
     */
    public static Future<KinesisEmulator> start(
            Vertx vertx, EmulatorConfig config, InstantSource clock, RandomGenerator random) {
        var settings = new StoreSettings(
                config.region(),
                config.limits(),
                config.iteratorLifetime(),
                config.retention(),
                config.maxStoredBytes(),
                config.transitionDelay(),
                config.shuffle(),
                config.subscriptionLifetime());
        var store = new StreamStore(settings, clock, new SplittableRandom(random.nextLong()));
        var faults = new Faults(new SplittableRandom(random.nextLong()), store::expireIterators);
        try {
            config.streams().forEach(store::createStream);
        } catch (AwsFailure refused) {
            return Future.failedFuture(refused);
        }
        var server = new EmulatorServer(config.host(), config.port(), clock, store, faults);
        return vertx.deployVerticle(server)
                .map(id -> new KinesisEmulator(vertx, config.host(), server.port(), clock, store, faults, id));
    }

    /** The port that it listens on. */
    public int port() {
        return port;
    }

    /** What {@code AWS_ENDPOINT_URL_KINESIS} and {@code --endpoint-url} take. */
    public URI endpoint() {
        String address = host.equals("0.0.0.0") ? "127.0.0.1" : host.contains(":") ? "[" + host + "]" : host;
        return URI.create("http://" + address + ":" + port);
    }

    /** What goes wrong on purpose. */
    public Faults faults() {
        return faults;
    }

    /** Creates a stream, as CreateStream does. */
    public void createStream(String name, int shards) {
        store.createStream(name, shards);
    }

    public StreamDescription describe(String stream) {
        return store.describe(stream);
    }

    /** The shards of a stream that retention has not removed, oldest first. */
    public List<ShardDescription> shards(String stream) {
        return store.shards(stream, Optional.empty());
    }

    /** All records of a stream in the order in which they were stored, whatever their shard. */
    public List<StoredRecord> records(String stream) {
        return store.records(stream);
    }

    /** All records of a shard in their order. */
    public List<StoredRecord> records(String stream, String shardId) {
        return store.records(stream, shardId);
    }

    /** The sequence number of a shard's newest record, if it holds one. */
    public Optional<String> latestSequenceNumber(String stream, String shardId) {
        return store.latest(stream, shardId).map(StoredRecord::sequenceNumber);
    }

    public StoreCounts counts() {
        return store.counts();
    }

    /**
     * Closes the port and every connection, and keeps what is stored: Kinesis is away, connections are refused. Calls that
     * faults hold back are lost.
     */
    public synchronized Future<Void> unplug() {
        if (deploymentId.isEmpty()) {
            return Future.succeededFuture();
        }
        String id = deploymentId.get();
        deploymentId = Optional.empty();
        return vertx.undeploy(id);
    }

    /**
     * Listens again on the same port, after {@link #unplug} has completed.
     *
     * @return fails with {@link java.net.BindException} if something else has taken the port
     */
    public synchronized Future<Void> plugIn() {
        if (deploymentId.isPresent()) {
            return Future.succeededFuture();
        }
        return vertx.deployVerticle(new EmulatorServer(host, port, clock, store, faults))
                .onSuccess(this::pluggedIn)
                .mapEmpty();
    }

    private synchronized void pluggedIn(String id) {
        deploymentId = Optional.of(id);
    }

    /** Ends all faults, and closes the port and every connection. */
    public Future<Void> close() {
        faults.clear();
        return unplug();
    }
}
