package dev.millrace.processor.cache;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.store.SensorStore;
import dev.millrace.processor.store.ShardKey;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes good what Redis lacks of the sensors of a process's shards, from the database, also of sensors that have gone silent
 * (G6). One a process; the shards' {@link #latestValues} tell it what they could not do, and never wait for it.
 *
 * <p>It rebuilds, first to last: the hashes that were told to be incomplete; the sensors of which something arrived in a time
 * for which Redis may lack it; all that lack their hash, when the {@link RedisSentinels} have noticed a loss; and it goes round
 * for ever, slowly, for what none of those has seen, such as a single key that was evicted.
 */
public final class RedisCacheKeeper implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(RedisCacheKeeper.class);

    private static final Retry STORE_RETRY = new Retry(Duration.ofMillis(500), Duration.ofSeconds(5));

    /** Between looks for something to do. */
    private static final long POLL_MILLIS = 100;

    /** Sensors that were told of, rebuilt at a time, of each shard. */
    private static final int TOLD = 500;

    /** Times for which sensors are gone through side by side: a short one need not wait for a long one. */
    private static final int MAX_SETTLING = 3;

    /**
     * How often it looks at what may have been lost.
     *
     * @param beat between looks at the sentinels
     * @param step between pages of the slow round
     * @param round between the beginnings of slow rounds, at least
     */
    public record Pace(Duration beat, Duration step, Duration round) {

        /** Up to 250 sensors a second, 150,000 in ten minutes, and each at most once a minute. */
        public static final Pace USUAL = new Pace(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofMinutes(1));
    }

    private final RedisAccess access;
    private final RedisHashes hashes;
    private final RedisSentinels sentinels;
    private final RedisRebuild rebuild;
    private final SensorStore store;
    private final CacheMeter meter;
    private final RandomGenerator random;
    private final LongSupplier nanos;
    private final Pace pace;
    private final Set<Arrears> joined = ConcurrentHashMap.newKeySet();
    private final List<RedisSensorPass> settling = new ArrayList<>();
    private final List<RedisSensorPass> sweeping = new ArrayList<>();
    private final List<RedisSensorPass> slow = new ArrayList<>();
    private long nextBeat;
    private long nextStep;
    private long nextRound;
    private long storeRetryAt;
    private int storeFailures;
    private boolean beaten;

    /**
     * @param store for the keeper alone
     * @param nanos a monotonic clock, nanoseconds
     */
    public RedisCacheKeeper(
            Redis redis,
            SensorStore store,
            Availability availability,
            CacheMeter meter,
            RandomGenerator random,
            LongSupplier nanos,
            Pace pace) {
        this.access = new RedisAccess(redis, availability, meter, nanos);
        this.hashes = new RedisHashes(access, meter, nanos);
        this.sentinels = new RedisSentinels(access);
        this.rebuild = new RedisRebuild(hashes, store, meter, random);
        this.store = store;
        this.meter = meter;
        this.random = random;
        this.nanos = nanos;
        this.pace = pace;
        long now = nanos.getAsLong();
        nextBeat = now;
        nextStep = now;
        nextRound = now;
        storeRetryAt = now;
    }

    /** The latest values of a shard that is about to be read here. From any thread. */
    public LatestValues latestValues(ShardKey shard, HashKeyRange range) {
        return new RedisLatestValues(access, hashes, new Arrears(shard, range), joined::add, joined::remove);
    }

    @Override
    public void run(Waits waits) {
        try {
            while (!waits.stopRequested()) {
                waits.pause(round());
            }
        } finally {
            store.close();
            access.end();
        }
    }

    /** Does something, and answers how many milliseconds there is nothing to do. */
    private long round() {
        try {
            if (access.isAway() && !access.isProbeDue()) {
                return POLL_MILLIS;
            }
            if (access.isAway() || isDue(nextBeat)) {
                nextBeat = nanos.getAsLong() + pace.beat.toNanos();
                sentinels.beat(joined);
                access.worked();
                beaten = true;
            }
            if (!beaten || !isDue(storeRetryAt)) {
                return POLL_MILLIS;
            }
            boolean worked = rebuildTold();
            worked |= settle();
            worked |= sweep();
            goRound();
            if (worked) {
                storeFailures = 0;
            }
            return worked ? 0 : POLL_MILLIS;
        } catch (RedisAway e) {
            access.failed(e.reason());
        } catch (StoreAway e) {
            storeFailed(e.reason());
        } catch (RuntimeException e) {
            // a fault of ours; standing still in silence would be the worst answer to it
            LOG.error("The keeper of latest values goes on after a fault", e);
            storeFailed("a fault");
        }
        return POLL_MILLIS;
    }

    private boolean isDue(long time) {
        return nanos.getAsLong() - time >= 0;
    }

    private void storeFailed(String reason) {
        storeFailures++;
        meter.failed(CacheMeter.Failure.STORE);
        if (storeFailures == 1) {
            // the shards meet the same outage with their commits, and tell it
            LOG.info("Latest values wait to be rebuilt: {}", reason);
        }
        storeRetryAt =
                nanos.getAsLong() + TimeUnit.MILLISECONDS.toNanos(STORE_RETRY.delayMillis(storeFailures, random));
    }

    private boolean rebuildTold() throws RedisAway, StoreAway {
        boolean worked = false;
        for (Arrears shard : joined) {
            List<String> told = shard.takeIncomplete(TOLD);
            if (!told.isEmpty()) {
                // those that are not complete even then wait for the next poll: they must not spin
                worked |= rebuildOf(shard, told) > 0;
            }
        }
        return worked;
    }

    private int rebuildOf(Arrears shard, List<String> told) throws RedisAway, StoreAway {
        boolean done = false;
        try {
            RedisRebuild.Outcome outcome = rebuild.lacking(told);
            done = true;
            shard.addIncomplete(outcome.incomplete());
            return outcome.rebuilt();
        } finally {
            if (!done) {
                shard.addIncomplete(told);
            }
        }
    }

    /** Goes on with the times for which something may be lacking. */
    private boolean settle() throws RedisAway, StoreAway {
        if (settling.size() < MAX_SETTLING) {
            settling.addAll(RedisSensorPass.ofArrears(joined));
        }
        return step(settling, RedisSensorPass::settled);
    }

    /** Goes on with the shards of which hashes were lost. */
    private boolean sweep() throws RedisAway, StoreAway {
        if (sweeping.isEmpty()) {
            Set<Arrears> lost = new HashSet<>(sentinels.lost());
            for (Arrears shard : joined) {
                if (sentinels.watches(shard) && shard.takeForgotSome()) {
                    lost.add(shard);
                }
            }
            if (!lost.isEmpty()) {
                sentinels.beginSweep(lost, "sweep-" + Long.toHexString(random.nextLong()));
                meter.sweeping();
                sweeping.add(RedisSensorPass.ofLacking(lost));
            }
        }
        return step(sweeping, pass -> {
            sentinels.endSweep(pass.shards());
            LOG.info(
                    "Latest values: all sensors of {} shards were looked at, Redis lacked {}",
                    pass.shards().size(),
                    pass.rebuilt());
        });
    }

    private void goRound() throws RedisAway, StoreAway {
        if (!isDue(nextStep)) {
            return;
        }
        nextStep = nanos.getAsLong() + pace.step.toNanos();
        if (slow.isEmpty()) {
            if (joined.isEmpty() || !isDue(nextRound)) {
                return;
            }
            nextRound = nanos.getAsLong() + pace.round.toNanos();
            slow.add(RedisSensorPass.ofLacking(joined));
        }
        step(slow, _ -> {});
    }

    private interface Ended {
        void ended(RedisSensorPass pass);
    }

    private boolean step(List<RedisSensorPass> passes, Ended ended) throws RedisAway, StoreAway {
        boolean worked = false;
        for (RedisSensorPass pass : List.copyOf(passes)) {
            worked = true;
            if (pass.step(store, hashes, rebuild)) {
                passes.remove(pass);
                ended.ended(pass);
            }
        }
        return worked;
    }
}
