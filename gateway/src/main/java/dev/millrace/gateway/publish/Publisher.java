package dev.millrace.gateway.publish;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication.Reason;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings readings into the stream (G1, G2, G4). Each shard has a {@link Lane}; all lanes live on one context, so their state
 * needs no lock, and lanes that are ready together share a PutRecords call. An idle lane sends at once; a busy one collects
 * while its record is in flight, and so the more comes in, the fuller the records are.
 *
 * <p>{@link #publish} may be called on any event loop.
 */
public final class Publisher {

    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    private static final String PART = "publisher";

    /** How often deadlines are looked at, in milliseconds. */
    private static final long EXPIRY_INTERVAL = 100;

    private final Vertx vertx;
    private final Context context;
    private final ShardedStream stream;
    private final ShardMap shards;
    private final PublisherConfig config;
    private final Availability availability;
    private final ByteBudget budget;
    private final List<Lane> lanes = new ArrayList<>();
    private final GatewayMetrics metrics;
    private final RandomGenerator random;
    private final LongSupplier nanoTime;

    private final Set<String> misrouted = new HashSet<>();
    private boolean pumpScheduled;

    /**
     * A publisher for a fixed shard map.
     *
     * @param context where the lanes live
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
        this.vertx = vertx;
        this.context = context;
        this.stream = stream;
        this.shards = shards;
        this.config = config;
        this.availability = availability;
        this.metrics = metrics;
        this.random = random;
        this.nanoTime = nanoTime;
        int count = shards.shards().size();
        this.budget = new ByteBudget(config.bufferBytes(), config.bufferBytes() / PublisherConfig.LANE_SHARE, count);
        for (int i = 0; i < count; i++) {
            int lane = i;
            lanes.add(new Lane(shards.shards().get(i), bytes -> budget.release(lane, bytes)));
        }
        metrics.bufferedBytes(budget::used);
        context.runOnContext(_ -> vertx.setPeriodic(EXPIRY_INTERVAL, _ -> expire()));
    }

    /**
     * Publishes readings, those of one sensor in their order. The future never fails; it completes on the caller's context,
     * when the stream holds every reading or the time of those that it may not hold is over.
     */
    public Future<Publication> publish(List<StreamLine> lines) {
        Submission submission = new Submission(
                vertx.getOrCreateContext(),
                lines.size(),
                nanoTime.getAsLong() + config.timeout().toNanos());
        List<Parcel> parcels = parcels(submission, lines);
        List<Parcel> admitted = new ArrayList<>(parcels.size());
        BitSet refused = new BitSet();
        for (Parcel parcel : parcels) {
            if (budget.tryReserve(parcel.lane, parcel.bytes)) {
                admitted.add(parcel);
            } else {
                parcel.readings.forEach(pending -> refused.set(pending.position()));
            }
        }
        if (admitted.isEmpty()) {
            return Future.succeededFuture(new Publication(0, refused, Reason.OVERLOADED));
        }
        context.runOnContext(_ -> enqueue(submission, admitted, refused));
        return submission.future();
    }

    /** The readings of one submission that go to one lane, in order. */
    private static final class Parcel {
        final int lane;
        final List<Lane.Pending> readings = new ArrayList<>();
        long bytes;

        Parcel(int lane) {
            this.lane = lane;
        }

        void add(Lane.Pending pending) {
            readings.add(pending);
            bytes += pending.bytes();
        }
    }

    private List<Parcel> parcels(Submission submission, List<StreamLine> lines) {
        @Nullable Parcel[] byLane = new Parcel[lanes.size()];
        List<Parcel> parcels = new ArrayList<>();
        for (int position = 0; position < lines.size(); position++) {
            StreamLine line = lines.get(position);
            int lane = shards.indexOf(HashKey.ofPartitionKey(line.sensorId()));
            Parcel parcel = byLane[lane];
            if (parcel == null) {
                parcel = new Parcel(lane);
                byLane[lane] = parcel;
                parcels.add(parcel);
            }
            parcel.add(new Lane.Pending(submission, position, line));
        }
        return parcels;
    }

    private void enqueue(Submission submission, List<Parcel> admitted, BitSet refused) {
        for (Parcel parcel : admitted) {
            parcel.readings.forEach(lanes.get(parcel.lane)::add);
        }
        refused.stream().forEach(position -> submission.giveUp(position, Reason.OVERLOADED));
        schedulePump();
    }

    /** Sends behind what has already arrived on this context, so that lanes filled in one turn share a call. */
    private void schedulePump() {
        if (!pumpScheduled) {
            pumpScheduled = true;
            context.runOnContext(_ -> pump());
        }
    }

    private void pump() {
        pumpScheduled = false;
        List<Lane> senders = new ArrayList<>();
        List<ShardedStream.Entry> entries = new ArrayList<>();
        int bytes = 0;
        for (Lane lane : lanes) {
            ShardedStream.Entry entry = lane.take();
            if (entry == null) {
                continue;
            }
            int size = entry.data().length + entry.partitionKey().length();
            if (entries.size() == ShardedStream.MAX_RECORDS || bytes + size > ShardedStream.MAX_CALL_BYTES) {
                send(senders, entries);
                senders = new ArrayList<>();
                entries = new ArrayList<>();
                bytes = 0;
            }
            senders.add(lane);
            entries.add(entry);
            bytes += size;
        }
        if (!entries.isEmpty()) {
            send(senders, entries);
        }
    }

    private void send(List<Lane> senders, List<ShardedStream.Entry> entries) {
        metrics.putRecords(
                entries.size(), senders.stream().mapToInt(Lane::inFlight).sum());
        stream.putRecords(entries)
                .onComplete(results -> context.runOnContext(_ -> {
                    tellAvailability(results.result());
                    for (int i = 0; i < senders.size(); i++) {
                        settle(senders.get(i), results.result().get(i));
                    }
                    schedulePump();
                }));
    }

    /** A stream that took or refused one record of a call is there; that others failed is their shards' matter. */
    private void tellAvailability(List<PutResult> results) {
        Optional<String> reason = Optional.empty();
        for (PutResult result : results) {
            switch (result) {
                case PutResult.Unknown(String why) -> reason = Optional.of(why);
                case PutResult.Accepted _, PutResult.Throttled _ -> {
                    availability.worked(PART);
                    return;
                }
            }
        }
        reason.ifPresent(why -> availability.failed(PART, why));
    }

    private void settle(Lane lane, PutResult result) {
        switch (result) {
            case PutResult.Accepted(String shardId)
            when shardId.equals(lane.shard().id()) -> {
                lane.accepted();
            }
            case PutResult.Accepted(String shardId) -> {
                // readers skip an aggregate that holds keys of another shard, so this is no acceptance
                if (misrouted.add(lane.shard().id())) {
                    LOG.error(
                            "A record for {} came to {}: the stream was resharded; restart the gateway",
                            lane.shard().id(),
                            shardId);
                }
                metrics.misrouted();
                lane.misrouted();
            }
            case PutResult.Throttled() -> {
                metrics.throttled();
                retryLater(lane, Reason.OVERLOADED);
            }
            case PutResult.Unknown _ -> {
                metrics.callFailed();
                retryLater(lane, Reason.STREAM_UNAVAILABLE);
            }
        }
    }

    private void retryLater(Lane lane, Reason why) {
        int failures = lane.failed(why, nanoTime.getAsLong());
        vertx.setTimer(config.retry().delayMillis(failures, random), _ -> {
            lane.resume();
            schedulePump();
        });
    }

    private void expire() {
        long now = nanoTime.getAsLong();
        lanes.forEach(lane -> lane.expire(now));
    }
}
