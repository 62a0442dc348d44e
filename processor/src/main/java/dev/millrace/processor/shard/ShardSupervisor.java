package dev.millrace.processor.shard;

import dev.millrace.core.lifecycle.Retry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that each shard of the stream is read: one verticle a shard, those that came from others by a split or a merge
 * only after these were read to their end, since a sensor's readings go on there. A shard whose reading was broken off by a fault
 * is read again after a back-off. For one virtual thread.
 */
public final class ShardSupervisor {

    private static final Logger LOG = LoggerFactory.getLogger(ShardSupervisor.class);

    /** A fault of ours may be there for good, and each attempt loads the series anew. */
    private static final Retry RETRY = new Retry(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** A shard that was read on for so long after a fault is well again. */
    static final long WELL_AFTER_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Vertx vertx;
    private final ShardVerticles verticles;
    private final ShardMeter meter;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final Map<String, String> deployments = new HashMap<>();
    private final Map<String, Ailing> ailing = new TreeMap<>();
    private final Queue<String> readOut = new ConcurrentLinkedQueue<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();

    private record Fault(String shardId, String reason) {}

    /**
     * A shard that had a fault, until it is well again.
     *
     * @param faults how many, in a row
     * @param first when the first of them was; nanoseconds
     * @param since when its reading begins again, or has begun; nanoseconds
     */
    private record Ailing(int faults, String reason, long first, long since) {}

    /** Makes the verticle of a shard. */
    public interface ShardVerticles {
        ShardVerticle create(ShardInfo shard, ShardVerticle.Listener listener);
    }

    /** @param nanos a monotonic clock */
    public ShardSupervisor(
            Vertx vertx, ShardVerticles verticles, ShardMeter meter, LongSupplier nanos, RandomGenerator random) {
        this.vertx = vertx;
        this.verticles = verticles;
        this.meter = meter;
        this.nanos = nanos;
        this.random = random;
    }

    /**
     * Deploys what may be read and is not.
     *
     * @param shards as the stream lists them
     * @param closed those that were read to their end, as committed
     * @param onEnd runs when a shard is not read any more: this is to be called again. From any thread
     */
    public void deploy(List<ShardInfo> shards, Set<String> closed, Runnable onEnd) {
        undeployEnded();
        long now = nanos.getAsLong();
        forgetTheWell(shards, closed, now);
        for (ShardInfo shard : due(shards, closed, deployments.keySet())) {
            String shardId = shard.shardId();
            Ailing before = ailing.get(shardId);
            if (before != null) {
                if (now - before.since < 0) {
                    continue;
                }
                ailing.put(shardId, new Ailing(before.faults, before.reason, before.first, now));
            }
            if (before == null) {
                meter.awaited(shardId, 0);
            }
            ShardVerticle verticle = verticles.create(shard, new Ends(shardId, onEnd));
            String deployment = vertx.deployVerticle(
                            verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                    .await();
            deployments.put(shardId, deployment);
            LOG.info("Reading shard {}", shardId);
        }
    }

    /** Notes how a shard's reading ends; what follows from it is done in the next round, on the supervisor's thread. */
    private final class Ends implements ShardVerticle.Listener {

        private final String shardId;
        private final Runnable onEnd;

        Ends(String shardId, Runnable onEnd) {
            this.shardId = shardId;
            this.onEnd = onEnd;
        }

        @Override
        public void ended(ShardLoop.End end) {
            if (end == ShardLoop.End.READ_OUT) {
                LOG.info("Shard {} was read to its end", shardId);
                readOut.add(shardId);
                onEnd.run();
            }
        }

        @Override
        public void faulted(Throwable fault) {
            // its message may hold a value
            faults.add(new Fault(shardId, fault.getClass().getSimpleName()));
            onEnd.run();
        }
    }

    /** Why not all is well, for people; nothing when it is. */
    public Optional<String> ailment() {
        return ailing.entrySet().stream()
                .map(entry -> "shard " + entry.getKey() + " was stopped by a fault ("
                        + entry.getValue().reason + "), "
                        + (deployments.containsKey(entry.getKey()) ? "is being read again" : "will be read again"))
                .findFirst();
    }

    /** How long until a shard's back-off is over, milliseconds; {@code most} where none ends before. */
    public long millisToNext(long most) {
        long now = nanos.getAsLong();
        return ailing.entrySet().stream()
                .filter(entry -> !deployments.containsKey(entry.getKey()))
                .mapToLong(entry -> Math.max(0, Math.ceilDiv(entry.getValue().since - now, 1_000_000L)))
                .reduce(most, Math::min);
    }

    /** How many shards are being read. */
    public int size() {
        return deployments.size();
    }

    /** Stops reading; completes when every shard has committed what it had in hand. */
    public Future<Void> stop() {
        List<Future<Void>> stopping =
                deployments.values().stream().map(vertx::undeploy).toList();
        deployments.clear();
        return Future.join(stopping).mapEmpty();
    }

    private void undeployEnded() {
        for (String shardId = readOut.poll(); shardId != null; shardId = readOut.poll()) {
            undeploy(shardId);
        }
        for (Fault fault = faults.poll(); fault != null; fault = faults.poll()) {
            undeploy(fault.shardId);
            Ailing before = ailing.get(fault.shardId);
            int inARow = before == null ? 1 : before.faults + 1;
            long delay = RETRY.delayMillis(inARow, random);
            LOG.warn("Shard {} is read again in {} ms, after {} faults in a row", fault.shardId, delay, inARow);
            long now = nanos.getAsLong();
            long first = before == null ? now : before.first;
            ailing.put(
                    fault.shardId, new Ailing(inARow, fault.reason, first, now + TimeUnit.MILLISECONDS.toNanos(delay)));
            // the loop has left it
            meter.awaited(fault.shardId, TimeUnit.NANOSECONDS.toMillis(now - first));
        }
    }

    private void undeploy(String shardId) {
        String deployment = deployments.remove(shardId);
        if (deployment != null) {
            vertx.undeploy(deployment).await();
        }
    }

    private void forgetTheWell(List<ShardInfo> shards, Set<String> closed, long now) {
        Set<String> unread = unread(shards, closed);
        for (String shardId : ailing.keySet()) {
            if (!unread.contains(shardId) && !deployments.containsKey(shardId)) {
                meter.left(shardId);
            }
        }
        ailing.entrySet()
                .removeIf(entry -> !unread.contains(entry.getKey())
                        || (deployments.containsKey(entry.getKey())
                                && now - entry.getValue().since >= WELL_AFTER_NANOS));
    }

    private static Set<String> unread(List<ShardInfo> shards, Set<String> closed) {
        Set<String> unread = shards.stream().map(ShardInfo::shardId).collect(Collectors.toCollection(HashSet::new));
        unread.removeAll(closed);
        return unread;
    }

    /** The shards that may be read now and are not; a parent that is not listed any more has nothing left to read. */
    static List<ShardInfo> due(List<ShardInfo> shards, Set<String> closed, Set<String> running) {
        Set<String> unread = unread(shards, closed);
        return shards.stream()
                .filter(shard -> unread.contains(shard.shardId()))
                .filter(shard -> !running.contains(shard.shardId()))
                .filter(shard -> shard.parents().stream().noneMatch(unread::contains))
                .toList();
    }
}
