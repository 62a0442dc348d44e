package dev.millrace.gateway.publish;

import dev.millrace.core.ops.Availability;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication.Reason;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Brings readings into the stream (G1, G2, G4). Each shard has a {@link Lane}; all lanes live on one context, so their state
 * needs no lock, and lanes that are ready together share a PutRecords call. An idle lane sends at once; a busy one collects
 * while its record is in flight, and so the more comes in, the fuller the records are. When the stream is resharded the lanes
 * follow ({@link Lanes}).
 *
 * <p>{@link #publish} and {@link #tryPublish} may be called on any event loop; they route and admit there, without a lock.
 */
public final class Publisher {

    /** How often deadlines are looked at, in milliseconds. */
    private static final long EXPIRY_INTERVAL = 100;

    private final Loop loop;
    private final PublisherConfig config;
    private final ByteBudget budget;
    private final Lanes lanes;

    /**
     * A publisher.
     *
     * @param context where the lanes live
     * @param shards the shards at the start
     * @param nanoTime a monotonic clock
     */
    public Publisher(
            Vertx vertx,
            Context context,
            ShardedStream stream,
            ShardMap shards,
            PublisherConfig config,
            Availability availability,
            GatewayMetrics metrics,
            RandomGenerator random,
            LongSupplier nanoTime) {
        this(new VertxLoop(vertx, context, nanoTime), stream, shards, config, availability, metrics, random);
    }

    Publisher(
            Loop loop,
            ShardedStream stream,
            ShardMap shards,
            PublisherConfig config,
            Availability availability,
            GatewayMetrics metrics,
            RandomGenerator random) {
        this.loop = loop;
        this.config = config;
        budget = new ByteBudget(config.bufferBytes(), config.bufferBytes() / PublisherConfig.LANE_SHARE);
        lanes = new Lanes(loop, stream, shards, budget, config, availability, metrics, random);
        metrics.bufferedBytes(budget::used);
        loop.run(this::expireEachInterval);
    }

    /**
     * Publishes readings, those of one sensor in their order, also across calls on one thread that do not wait for each other.
     * The future never fails; it completes on the caller's context, when the stream holds every reading or the time of those
     * that it may not hold is over.
     */
    public Future<Publication> publish(List<StreamLine> lines) {
        Submission submission = new Submission(
                loop.caller(), lines.size(), loop.nanoTime() + config.timeout().toNanos());
        List<Parcel> parcels = lanes.routing().parcels(submission, lines);
        List<Parcel> admitted = new ArrayList<>(parcels.size());
        BitSet refused = new BitSet();
        for (Parcel parcel : parcels) {
            if (parcel.tryReserve(ByteBudget.Part.ALL)) {
                admitted.add(parcel);
            } else {
                parcel.readings().forEach(pending -> refused.set(pending.position()));
            }
        }
        if (admitted.isEmpty()) {
            return Future.succeededFuture(
                    new Publication(0, refused, refused.isEmpty() ? Reason.NONE : Reason.OVERLOADED));
        }
        loop.post(() -> {
            lanes.enqueue(admitted);
            refused.stream().forEach(position -> submission.giveUp(position, Reason.OVERLOADED));
        });
        wakeFor(admitted);
        return submission.future();
    }

    /**
     * Publishes readings of a chain like {@link #publish}, but takes all of them or, where there is no room for one, none:
     * then the answer is empty, nothing has happened, and it may be tried again. Once one of the chain is given up, all later
     * ones are. The room that it needs is also that of the submission itself, whose answer its sender waits for meanwhile: so
     * nothing else has to bound how many are on their way.
     *
     * <p>Where there is no room for it in all, this costs next to nothing; where only one lane has none, an MD5 for each change
     * of the sensor from line to line, and the caller should not try again at once.
     *
     * @param timeout how long they are tried
     */
    public Optional<Future<Publication>> tryPublish(List<StreamLine> lines, Duration timeout, Chain chain) {
        if (lines.isEmpty()) {
            return Optional.of(Future.succeededFuture(new Publication(0, new BitSet(), Reason.NONE)));
        }
        if (!budget.mayHold(bytesOfChained(lines), chain.room())) {
            return Optional.empty();
        }
        Submission submission =
                new Submission(loop.caller(), lines.size(), loop.nanoTime() + timeout.toNanos(), Optional.of(chain));
        List<Parcel> parcels = lanes.routing().parcels(submission, lines);
        for (int i = 0; i < parcels.size(); i++) {
            if (!parcels.get(i).tryReserve(chain.room())) {
                parcels.subList(0, i).forEach(Parcel::release);
                return Optional.empty();
            }
        }
        loop.post(() -> lanes.enqueue(parcels));
        wakeFor(parcels);
        return Optional.of(submission.future());
    }

    /** What the readings of a submission of a chain are counted with, or a few less: their parts of it are rounded up. */
    private static long bytesOfChained(List<StreamLine> lines) {
        long bytes = Submission.OVERHEAD + (long) lines.size() * Pending.OVERHEAD;
        for (StreamLine line : lines) {
            bytes += line.bytes();
        }
        return bytes;
    }

    private void wakeFor(List<Parcel> posted) {
        // looked at when it is posted: a lane that comes to rest after that finds it
        if (posted.stream().anyMatch(parcel -> parcel.lane().isAtRest())) {
            loop.wake();
        }
    }

    private void expireEachInterval() {
        lanes.expire();
        loop.after(EXPIRY_INTERVAL, this::expireEachInterval);
    }

    /** The bytes of readings on their way. */
    long bufferedBytes() {
        return budget.used();
    }

    /** Where readings go now. */
    Routing routing() {
        return lanes.routing();
    }

    /** How many lanes have lost their shard and not moved their readings yet. */
    int leavingLanes() {
        return lanes.leaving();
    }
}
