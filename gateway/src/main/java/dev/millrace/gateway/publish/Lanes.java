package dev.millrace.gateway.publish;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.LaneState.Leaving;
import dev.millrace.gateway.publish.LaneState.Open;
import dev.millrace.gateway.publish.LaneState.Resolving;
import dev.millrace.gateway.publish.LaneState.Retired;
import dev.millrace.gateway.publish.LaneState.Waiting;
import dev.millrace.gateway.publish.Publication.Reason;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of the newest shard map and those that are leaving: what becomes of their records, and how readings move from
 * lane to lane when the stream is resharded. docs/decisions/0030 has the rules.
 *
 * <p>Confined to the publisher's loop, but for {@link #routing} and the depths.
 */
final class Lanes {

    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    private final Loop loop;
    private final ByteBudget budget;
    private final PublisherConfig config;
    private final GatewayMetrics metrics;
    private final RandomGenerator random;
    private final Dispatcher dispatcher;
    private final ShardMapRefresh refresh;
    private final Set<Lane> leaving = new HashSet<>();
    private volatile Routing routing;
    private volatile int readings;
    private volatile int deepest;

    /** Open lanes for a map's shards. */
    Lanes(
            Loop loop,
            ShardedStream stream,
            ShardMap shards,
            ByteBudget budget,
            PublisherConfig config,
            Availability availability,
            GatewayMetrics metrics,
            RandomGenerator random) {
        this.loop = loop;
        this.budget = budget;
        this.config = config;
        this.metrics = metrics;
        this.random = random;
        routing = new Routing(
                shards,
                shards.shards().stream()
                        .map(shard -> new Lane(shard, budget.newShare(), 0))
                        .toList());
        dispatcher = new Dispatcher(loop, stream, availability, metrics, this::settle);
        refresh = new ShardMapRefresh(loop, stream, config.retry(), random, availability, metrics, this::apply);
        metrics.laneDepths(() -> readings, () -> deepest);
    }

    /** Where readings go by the newest map; safe on any thread. */
    Routing routing() {
        return routing;
    }

    /** Takes readings whose bytes the parcels' lanes hold. The lanes may have gone since they were routed. */
    void enqueue(List<Parcel> parcels) {
        for (Parcel parcel : parcels) {
            @Nullable Lane looked = null;
            for (Pending pending : parcel.readings()) {
                Lane lane = parcel.lane().add(pending);
                if (lane != looked) {
                    dispatcher.look(lane);
                    looked = lane;
                }
            }
        }
    }

    private void settle(Lane lane, PutResult result) {
        long now = loop.nanoTime();
        switch (result) {
            case PutResult.Accepted(String shardId) -> {
                if (shardId.equals(lane.shard().id())) {
                    lane.accepted();
                } else {
                    acceptedElsewhere(lane, shardId, now);
                }
            }
            case PutResult.Throttled() -> {
                metrics.throttled();
                lane.throttled(now);
            }
            case PutResult.Unknown _ -> {
                metrics.callFailed();
                lane.failed(Reason.STREAM_UNAVAILABLE, now);
            }
        }
        proceed(lane);
    }

    private void acceptedElsewhere(Lane lane, String shardId, long now) {
        metrics.misrouted();
        if (lane.state() instanceof Open && rangeOf(shardId).isEmpty()) {
            lane.acceptedBy(shardId);
            refresh.request();
        } else {
            decide(lane, shardId, now);
        }
    }

    /**
     * What a record in a foreign shard is worth, by the newest map. It counts only where every key is known to lie in that
     * shard; a shard that the map does not have any more, or not yet, may hold them or not, and so all is sent again.
     */
    private void decide(Lane lane, String shardId, long now) {
        if (rangeOf(shardId).filter(lane::inFlightLiesIn).isPresent()) {
            lane.accepted();
            return;
        }
        metrics.straddled();
        if (routing.lanes().contains(lane)) {
            LOG.warn(
                    "A record for {} came to {}, which does not hold its keys by the newest shard map",
                    lane.shard().id(),
                    shardId);
            lane.failed(Reason.STREAM_UNAVAILABLE, now);
        } else {
            lane.requeue(now);
        }
    }

    private Optional<HashKeyRange> rangeOf(String shardId) {
        return routing.map().shards().stream()
                .filter(shard -> shard.id().equals(shardId))
                .map(Shard::range)
                .findFirst();
    }

    /** What a lane does next, its outcome in flight being known. */
    private void proceed(Lane lane) {
        switch (lane.state()) {
            case Open _ -> {
                if (lane.failures() > 0) {
                    pause(lane, config.retry().delayMillis(lane.failures(), random), false);
                } else if (lane.lingerMillis() > 0) {
                    pause(lane, lane.lingerMillis(), true);
                }
                dispatcher.look(lane);
            }
            case Leaving _ -> move(lane);
            case Waiting _, Resolving _, Retired _ -> {}
        }
    }

    private void pause(Lane lane, long millis, boolean untilFull) {
        int pause = lane.pause(untilFull);
        loop.after(millis, () -> {
            lane.resume(pause);
            dispatcher.look(lane);
        });
    }

    /** Moves a lane's readings on, where it can be, and those of successors that have only waited for that. */
    private void move(Lane lane) {
        List<Lane> successors = lane.move();
        if (successors.isEmpty()) {
            return;
        }
        leaving.remove(lane);
        for (Lane successor : successors) {
            switch (successor.state()) {
                case Open _ -> dispatcher.look(successor);
                case Leaving _ -> move(successor);
                case Waiting _, Resolving _, Retired _ -> {}
            }
        }
    }

    /**
     * Takes a new shard map: a shard that stays keeps its lane, one that is gone has its lane leave, a new one gets a lane that
     * waits for those whose ranges it takes over.
     *
     * @return whether no lane waits for another map
     */
    private boolean apply(ShardMap map) {
        long now = loop.nanoTime();
        List<Lane> before = routing.lanes();
        Map<Shard, Lane> kept = new HashMap<>();
        before.forEach(lane -> kept.put(lane.shard(), lane));
        kept.keySet().retainAll(Set.copyOf(map.shards()));
        List<Lane> gone =
                before.stream().filter(lane -> !kept.containsKey(lane.shard())).toList();
        List<Lane> fresh = new ArrayList<>();
        List<Lane> lanes = map.shards().stream()
                .map(shard -> {
                    Lane lane = kept.get(shard);
                    if (lane == null) {
                        lane = new Lane(shard, budget.newShare(), overlapping(shard, gone));
                        fresh.add(lane);
                    }
                    return lane;
                })
                .toList();
        if (!fresh.isEmpty()) {
            LOG.info("The stream was resharded: {} shards, {} of them new", lanes.size(), fresh.size());
        }
        routing = new Routing(map, lanes);
        for (Lane lane : gone) {
            LaneState state = lane.state();
            lane.leave(fresh.stream()
                    .filter(successor ->
                            successor.shard().range().overlaps(lane.shard().range()))
                    .toList());
            leaving.add(lane);
            if (state instanceof Resolving(String shardId)) {
                decide(lane, shardId, now);
            }
        }
        for (Lane lane : kept.values()) {
            if (lane.state() instanceof Resolving(String shardId)
                    && rangeOf(shardId).isPresent()) {
                decide(lane, shardId, now);
                proceed(lane);
            }
        }
        gone.forEach(this::move);
        return lanes.stream().noneMatch(lane -> lane.state() instanceof Resolving);
    }

    private static int overlapping(Shard shard, List<Lane> lanes) {
        return (int) lanes.stream()
                .filter(lane -> lane.shard().range().overlaps(shard.range()))
                .count();
    }

    /** Gives up what is past its deadline, and what is of chains that broke, and counts what is there. */
    void expire() {
        long now = loop.nanoTime();
        List<Lane> lanes = new ArrayList<>(routing.lanes());
        lanes.addAll(leaving);
        boolean broke = false;
        for (Lane lane : lanes) {
            lane.expire(now);
            broke |= lane.pollBrokenChain();
        }
        int sum = 0;
        int max = 0;
        for (Lane lane : lanes) {
            if (broke) {
                lane.sweep(now);
            }
            sum += lane.depth();
            max = Math.max(max, lane.depth());
        }
        readings = sum;
        deepest = max;
    }

    /** How many lanes have lost their shard and not moved their readings yet. */
    int leaving() {
        return leaving.size();
    }
}
