package dev.millrace.processor.shard;

import dev.millrace.core.connect.Retry;
import dev.millrace.processor.ownership.Ownership;
import dev.millrace.processor.task.Task;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loops of this process. One that was broken off by a fault is started again after a back-off. For the supervisor's thread;
 * only the ends of loops come from theirs.
 */
public final class RunningShards {

    private static final Logger LOG = LoggerFactory.getLogger(RunningShards.class);

    /** A fault of ours may be there for good, and each attempt loads the series anew. */
    private static final Retry RETRY = new Retry(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** A shard that was read on for so long after a fault is well again. */
    static final long WELL_AFTER_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final int most;
    private final Tasks tasks;
    private final Loops loops;
    private final ShardMeter meter;
    private final Runnable onEnd;
    private final RandomGenerator random;
    private final Map<String, Task> running = new HashMap<>();
    private final Map<String, Ailing> ailing = new TreeMap<>();
    private final Queue<Over> over = new ConcurrentLinkedQueue<>();

    /** Makes the loop of a shard that was taken. */
    public interface Loops {
        ShardLoop create(Taken taken, Waits waits);
    }

    /**
     * A shard that this process has taken.
     *
     * @param cachedTo as {@link ShardLoop.Claim} has it
     */
    public record Taken(ShardInfo shard, StreamCatalog.Listing listing, long epoch, OptionalLong cachedTo) {

        public String shardId() {
            return shard.shardId();
        }
    }

    private sealed interface Over {
        String shardId();
    }

    private record Ended(String shardId, ShardLoop.End end) implements Over {}

    private record Faulted(String shardId, String reason) implements Over {}

    /**
     * A shard that had a fault, until it is well again.
     *
     * @param faults how many, in a row
     * @param first when the first of them was; nanoseconds
     * @param since when its reading begins again, or has begun; nanoseconds
     */
    private record Ailing(int faults, String reason, long first, long since) {}

    /**
     * No loops yet.
     *
     * @param most shards that are read at a time
     * @param onEnd runs when a loop is over; {@link #reap} is then to be called soon. From any thread
     */
    public RunningShards(int most, Tasks tasks, Loops loops, ShardMeter meter, Runnable onEnd, RandomGenerator random) {
        this.most = most;
        this.tasks = tasks;
        this.loops = loops;
        this.meter = meter;
        this.onEnd = onEnd;
        this.random = random;
    }

    Set<String> ids() {
        return Set.copyOf(running.keySet());
    }

    /** Whether there is no room for another shard: each needs a connection of its own. */
    boolean isFull() {
        return running.size() >= most;
    }

    /** Whether there is room for a shard, and it is not waiting for the end of a back-off. */
    boolean mayStart(String shardId, long now) {
        if (isFull()) {
            return false;
        }
        Ailing before = ailing.get(shardId);
        return before == null || now - before.since >= 0;
    }

    void start(Taken taken, long now) {
        String shardId = taken.shardId();
        Ailing before = ailing.get(shardId);
        if (before == null) {
            meter.awaited(shardId, OptionalLong.empty(), 0);
        } else {
            ailing.put(shardId, new Ailing(before.faults, before.reason, before.first, now));
        }
        running.put(
                shardId,
                tasks.start(
                        "shard " + shardId,
                        waits -> over.add(
                                new Ended(shardId, loops.create(taken, waits).run())),
                        fault -> {
                            // its message may hold a value
                            fault.ifPresent(e ->
                                    over.add(new Faulted(shardId, e.getClass().getSimpleName())));
                            onEnd.run();
                        }));
    }

    /** Asks a loop to end; it finishes its batch and lets others have the shard. */
    void giveUp(String shardId) {
        Task task = running.get(shardId);
        if (task != null) {
            task.requestStop();
        }
    }

    /** Takes note of the loops that are over. Answers whether a shard was read to its end, which makes others due. */
    boolean reap(long now, Ownership ownership) {
        boolean readOut = false;
        for (Over next = over.poll(); next != null; next = over.poll()) {
            Task task = running.remove(next.shardId());
            if (task != null) {
                task.await();
            }
            switch (next) {
                case Faulted(String shardId, String reason) -> faulted(shardId, reason, now);
                case Ended(String shardId, ShardLoop.End end) -> {
                    switch (end) {
                        case GIVEN_UP -> LOG.info("Reading of shard {} has ended", shardId);
                        case FENCED -> ownership.fenced(shardId, now);
                        case READ_OUT -> {
                            LOG.info("Shard {} was read to its end", shardId);
                            readOut = true;
                        }
                    }
                }
            }
        }
        ailing.entrySet()
                .removeIf(entry ->
                        running.containsKey(entry.getKey()) && now - entry.getValue().since >= WELL_AFTER_NANOS);
        return readOut;
    }

    private void faulted(String shardId, String reason, long now) {
        Ailing before = ailing.get(shardId);
        int inARow = before == null ? 1 : before.faults + 1;
        long delay = RETRY.delayMillis(inARow, random);
        LOG.warn("Shard {} is read again in {} ms, after {} faults in a row", shardId, delay, inARow);
        long first = before == null ? now : before.first;
        ailing.put(shardId, new Ailing(inARow, reason, first, now + TimeUnit.MILLISECONDS.toNanos(delay)));
        // the loop has left it
        meter.awaited(shardId, OptionalLong.empty(), TimeUnit.NANOSECONDS.toMillis(now - first));
    }

    /** Forgets the faults of shards that are not to be read any more. */
    void forgetAilingExcept(Set<String> due) {
        for (String shardId : ailing.keySet()) {
            if (!due.contains(shardId) && !running.containsKey(shardId)) {
                meter.left(shardId);
            }
        }
        ailing.keySet().removeIf(shardId -> !due.contains(shardId));
    }

    /** Why not all is well, for people; nothing when it is. */
    Optional<String> ailment() {
        return ailing.entrySet().stream()
                .map(entry -> "shard " + entry.getKey() + " was stopped by a fault ("
                        + entry.getValue().reason + "), "
                        + (running.containsKey(entry.getKey()) ? "is being read again" : "will be read again"))
                .findFirst();
    }

    /** How long until a shard's back-off is over, milliseconds; {@code most} where none ends before. */
    long millisToNext(long now, long most) {
        return ailing.entrySet().stream()
                .filter(entry -> !running.containsKey(entry.getKey()))
                .mapToLong(entry -> Math.max(1, Math.ceilDiv(entry.getValue().since - now, 1_000_000L)))
                .reduce(most, Math::min);
    }

    /** Stops all loops; every one has committed what it had in hand when this returns. */
    void stopAll() {
        running.values().forEach(Task::requestStop);
        running.values().forEach(Task::await);
    }
}
