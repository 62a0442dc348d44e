package dev.millrace.processor.shard;

import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Makes the readers of a stream's shards, and has what they share. */
public final class KinesisReaders {

    private final KinesisAsyncClient client;
    private final Vertx vertx;
    private final String stream;
    private final ReadBudget budget;
    private final InstantSource clock;
    private final KinesisStreamCheck check;
    private final LongSupplier nanos;
    private final Optional<FanOut> fanOut;

    /**
     * What readers by enhanced fan-out share.
     *
     * @param client speaks HTTP/2
     */
    record FanOut(KinesisAsyncClient client, KinesisConsumers consumers, RandomGenerator random) {}

    /**
     * Readers that poll.
     *
     * @param nanos a monotonic clock
     */
    public KinesisReaders(
            KinesisAsyncClient client,
            Vertx vertx,
            String stream,
            ReadBudget budget,
            InstantSource clock,
            LongSupplier nanos) {
        this.client = client;
        this.vertx = vertx;
        this.stream = stream;
        this.budget = budget;
        this.clock = clock;
        this.check = new KinesisStreamCheck(client, stream, KinesisStreamCheck.INTERVAL, nanos);
        this.nanos = nanos;
        this.fanOut = Optional.empty();
    }

    private KinesisReaders(KinesisReaders polling, FanOut fanOut) {
        this.client = polling.client;
        this.vertx = polling.vertx;
        this.stream = polling.stream;
        this.budget = polling.budget;
        this.clock = polling.clock;
        this.check = polling.check;
        this.nanos = polling.nanos;
        this.fanOut = Optional.of(fanOut);
    }

    /**
     * Readers by enhanced fan-out, which poll until their subscriptions stand.
     *
     * @param http2 stays the caller's
     * @param consumer the registered consumer's name; made where it is not there
     */
    public KinesisReaders withFanOut(KinesisAsyncClient http2, String consumer, RandomGenerator random) {
        return new KinesisReaders(this, new FanOut(http2, new KinesisConsumers(client, stream, consumer), random));
    }

    /**
     * A reader of one shard.
     *
     * @param created when the stream was made, microseconds since 1970, as {@link StreamCatalog} lists it: the reader fails
     *     while the stream of this name is another
     */
    public ShardReader reader(long created, String shardId) {
        return fanOut.<ShardReader>map(shared -> new KinesisFanOutReader(this, shared, created, shardId))
                .orElseGet(() -> new KinesisShardReader(this, created, shardId));
    }

    KinesisAsyncClient client() {
        return client;
    }

    Vertx vertx() {
        return vertx;
    }

    String stream() {
        return stream;
    }

    ReadBudget budget() {
        return budget;
    }

    InstantSource clock() {
        return clock;
    }

    KinesisStreamCheck check() {
        return check;
    }

    /** A monotonic clock. */
    long nanos() {
        return nanos.getAsLong();
    }
}
