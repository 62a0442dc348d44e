package dev.millrace.processor.shard;

import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Makes the readers of a stream's shards, and has what they share. */
public final class KinesisReaders {

    private final KinesisAsyncClient client;
    private final Vertx vertx;
    private final String stream;
    private final ReadBudget budget;
    private final InstantSource clock;
    private final KinesisStreamCheck check;

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
    }

    /**
     * A reader of one shard.
     *
     * @param created when the stream was made, microseconds since 1970, as {@link StreamCatalog} lists it: the reader fails
     *     while the stream of this name is another
     */
    public ShardReader reader(long created, String shardId) {
        return new KinesisShardReader(this, created, shardId);
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
}
