package dev.millrace.processor.ownership;

import dev.millrace.core.connect.Retry;
import dev.millrace.processor.store.ShardState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Decides which shards this process takes and which it gives up. A wrong decision costs time, never data: who may commit is
 * decided by the epoch of each shard.
 *
 * <p>A shard that is another's by its state is taken away only from one who is gone: whose lease has ended, or who has not
 * touched the shard's state for the lease time. From one who lives and works it is awaited, however long that takes. And who
 * was fenced comes back only with a membership that was read since, so that two who disagree do not take a shard from each
 * other in turns.
 *
 * <p>While the leases cannot be read, everybody keeps what he has, and a shard that nobody reads for twice the lease time is taken by
 * whoever is first.
 *
 * <p>For one thread.
 */
public final class Ownership {

    private static final Retry RETAKE = new Retry(Duration.ofSeconds(1), Duration.ofSeconds(30));

    private static final long NEVER_TAKEN = -1;

    /** Who was not fenced for so long starts with a short back-off again. */
    private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final String self;
    private final LeaseTime time;
    private final RandomGenerator random;
    private final Stillness<String> beats;
    private final Map<String, Fenced> fenced = new HashMap<>();

    /** Since when the owners of shards have been known, nanoseconds. */
    private final Map<String, Long> met = new HashMap<>();

    /**
     * A shard that someone took away.
     *
     * @param at when, nanoseconds
     * @param until it is not taken back before, nanoseconds
     */
    private record Fenced(int times, long at, long until) {}

    /**
     * What to do.
     *
     * @param mine the shards that are this process's to read
     * @param take those of them to be taken and read now
     * @param giveUp shards that are read here and are another's to read
     */
    public record Plan(List<String> mine, List<String> take, List<String> giveUp) {}

    public Ownership(String self, LeaseTime time, RandomGenerator random) {
        this.self = self;
        this.time = time;
        this.random = random;
        this.beats = new Stillness<>(time.longestGapNanos());
    }

    /**
     * Plans.
     *
     * @param due the shards that may be read now: not read out, their parents read out
     * @param states as stored, read just now
     * @param running the shards that are read here
     * @param now nanoseconds of the monotonic clock
     */
    public Plan plan(
            Collection<String> due,
            Map<String, ShardState> states,
            Set<String> running,
            Membership membership,
            long now) {
        Map<String, Long> versions = new HashMap<>();
        due.forEach(shardId -> versions.put(shardId, NEVER_TAKEN));
        states.forEach((shardId, state) -> versions.put(shardId, state.beat()));
        beats.look(versions, now);
        meet(states, now);
        fenced.keySet().retainAll(due);
        Map<String, String> spread = RendezvousHashing.spread(due, membership.candidates());
        boolean old = membership.judges() && !time.isFresh(membership.readAt(), now);
        List<String> mine = new ArrayList<>();
        List<String> take = new ArrayList<>();
        List<String> giveUp = new ArrayList<>();
        for (String shardId : due) {
            String member = spread.get(shardId);
            if (self.equals(member)) {
                mine.add(shardId);
                if (running.contains(shardId)) {
                    if (!states.containsKey(shardId)) {
                        // a fail-over has lost that it was ever taken: its loop waits for a state that will never come
                        giveUp.add(shardId);
                    }
                } else if (mayTake(shardId, Optional.ofNullable(states.get(shardId)), membership, now)) {
                    take.add(shardId);
                }
            } else if (old && !running.contains(shardId) && isForsaken(shardId)) {
                mine.add(shardId);
                take.add(shardId);
            } else if (!old && member != null && running.contains(shardId)) {
                giveUp.add(shardId);
            }
        }
        // the stream does not list it any more
        running.stream().filter(shardId -> !due.contains(shardId)).forEach(giveUp::add);
        return new Plan(mine, take, giveUp);
    }

    private boolean mayTake(String shardId, Optional<ShardState> state, Membership membership, long now) {
        Fenced lost = fenced.get(shardId);
        if (lost != null && (now - lost.until < 0 || (membership.judges() && membership.readAt() - lost.at <= 0))) {
            return false;
        }
        Optional<String> owner = state.flatMap(ShardState::owner);
        return owner.isEmpty()
                || owner.get().equals(self)
                || isGone(owner.get(), membership, now)
                || beats.of(shardId) >= time.stillNanos();
    }

    /** Whether another process has shown lately that it reads a shard, by what the last plan was made from. */
    public boolean isReadElsewhere(String shardId, ShardState state) {
        boolean others = state.owner().filter(owner -> !owner.equals(self)).isPresent();
        return others && beats.of(shardId) < 2 * time.renewNanos();
    }

    /**
     * Whether nobody reads a shard, for longer than whoever had it needs to come back, or another needs to take it. Only where
     * the membership is old, that is where the one who should take it may be gone: whoever is first takes it then.
     */
    private boolean isForsaken(String shardId) {
        return beats.of(shardId) >= 2 * time.stillNanos();
    }

    /** One who was first seen after the membership was read may have come since. */
    private boolean isGone(String owner, Membership membership, long now) {
        Long metAt = met.get(owner);
        return membership.judges()
                && !membership.live().contains(owner)
                && metAt != null
                && membership.readAt() - metAt > 0
                && time.isFresh(membership.readAt(), now);
    }

    private void meet(Map<String, ShardState> states, long now) {
        Set<String> owners = new HashSet<>();
        states.values().forEach(state -> state.owner().ifPresent(owners::add));
        met.keySet().retainAll(owners);
        owners.forEach(owner -> met.putIfAbsent(owner, now));
    }

    /** A shard that was read here has another owner. */
    public void fenced(String shardId, long now) {
        Fenced before = fenced.get(shardId);
        int times = before != null && now - before.at < FORGOTTEN_NANOS ? before.times + 1 : 1;
        long delay = TimeUnit.MILLISECONDS.toNanos(RETAKE.delayMillis(times, random));
        fenced.put(shardId, new Fenced(times, now, now + delay));
    }
}
