package dev.millrace.processor.shard;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.ownership.Members;
import dev.millrace.processor.ownership.Membership;
import dev.millrace.processor.ownership.Ownership;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.StartPosition;
import dev.millrace.processor.store.StreamStore;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that this process reads the shards that are its own: takes them, starts a loop for each, and lets those go that
 * are another's. Shards that came from others by a split or a merge are due only after these were read to their end, since
 * a sensor's readings go on there. A stream that was deleted and made again is another: all begins anew.
 */
public final class ShardSupervisor implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(ShardSupervisor.class);

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));
    private static final long ROUND_MILLIS = 1_000;
    private static final long LIST_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final String PART = "stream";

    /** What it sees to the shards with. */
    public record Ports(StreamCatalog catalog, StreamStores stores, Members members) {}

    /** How those are, and the shards. */
    public record States(Availability postgresql, Availability kinesis, Health.Component shards) {}

    /** Opens the store of a stream that was made at a time, microseconds since 1970. */
    public interface StreamStores {
        StreamStore open(long created);
    }

    private final Ports ports;
    private final States states;
    private final StartPosition start;
    private final Ownership ownership;
    private final RunningShards running;
    private final ShardMeter meter;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** The stream as it is being read. */
    private @Nullable Reading reading;

    /** The shards that are this process's to read and are not read here yet, since when; nanoseconds. */
    private final Map<String, Long> awaited = new HashMap<>();

    /** The shards that were read out when the stream was listed last. */
    private Set<String> knownClosed = Set.of();

    private boolean listWanted;
    private long lastListed;
    private int failures;

    private record Reading(StreamCatalog.Listing listing, StreamStore store) {

        Reading with(StreamCatalog.Listing next) {
            return new Reading(next, store);
        }
    }

    /** @param start where a stream is begun that was never read */
    public ShardSupervisor(
            Ports ports,
            States states,
            StartPosition start,
            Ownership ownership,
            RunningShards running,
            ShardMeter meter,
            InstantSource clock,
            RandomGenerator random) {
        this.ports = ports;
        this.states = states;
        this.start = start;
        this.ownership = ownership;
        this.running = running;
        this.meter = meter;
        this.clock = clock;
        this.random = random;
    }

    /** Runs until a stop; then every shard has committed what it had in hand and is given up. */
    @Override
    public void run(Waits waits) {
        states.shards.down("waiting for PostgreSQL and Kinesis");
        try {
            while (!waits.stopRequested()) {
                boolean done = attempt(waits);
                failures = done ? 0 : failures + 1;
                waits.pause(
                        done ? running.millisToNext(waits.nanos(), ROUND_MILLIS) : RETRY.delayMillis(failures, random));
            }
        } finally {
            running.stopAll();
            running.reap(waits.nanos(), ownership);
            close();
        }
    }

    private boolean attempt(Waits waits) {
        try {
            return round(waits);
        } catch (RuntimeException e) {
            // a fault of ours; standing still in silence would be the worst answer to it
            LOG.error("Seeing to the shards goes on after a fault", e);
            return false;
        }
    }

    /** Whether all that it asked for was answered. */
    private boolean round(Waits waits) {
        listWanted |= running.reap(waits.nanos(), ownership);
        boolean listed = !isListDue(waits.nanos()) || list(waits);
        Reading own = reading;
        Optional<Membership> membership = ports.members.current();
        if (own == null || membership.isEmpty()) {
            states.shards.down("waiting to learn of the stream and of other processes");
            return listed;
        }
        return switch (own.store.shards()) {
            case Loaded.Unavailable<Map<String, ShardState>>(String reason) -> postgresqlFailed(reason);
            case Loaded.Found(Map<String, ShardState> stored) -> {
                states.postgresql.worked(PART);
                Optional<Reading> current = listedAnew(own, stored, waits);
                yield current.isPresent() && follow(current.get(), stored, membership.get(), waits) && listed;
            }
        };
    }

    private boolean isListDue(long now) {
        return reading == null || listWanted || now - lastListed >= LIST_NANOS;
    }

    /**
     * The stream as it is once a shard was read out, by whichever process: others came from that one, and all processes must
     * know of them to agree on the spread. Nothing where it is another stream, of which nothing was read yet.
     */
    private Optional<Reading> listedAnew(Reading own, Map<String, ShardState> stored, Waits waits) {
        Set<String> closed = own.listing.shards().stream()
                .map(ShardInfo::shardId)
                .filter(shardId -> isClosed(stored, shardId))
                .collect(Collectors.toSet());
        if (knownClosed.containsAll(closed) || !list(waits)) {
            return Optional.of(own);
        }
        knownClosed = closed;
        return Optional.ofNullable(reading).filter(next -> next.store == own.store);
    }

    /** Takes and gives up what the plan says. */
    private boolean follow(Reading own, Map<String, ShardState> stored, Membership membership, Waits waits) {
        List<ShardInfo> due = due(own.listing.shards(), stored);
        Map<String, ShardInfo> infos = due.stream().collect(Collectors.toMap(ShardInfo::shardId, info -> info));
        Ownership.Plan plan = ownership.plan(
                due.stream().map(ShardInfo::shardId).toList(), stored, running.ids(), membership, waits.nanos());
        plan.giveUp().forEach(running::giveUp);
        running.forgetAilingExcept(infos.keySet());
        for (String shardId : plan.take()) {
            ShardInfo info = infos.get(shardId);
            if (info == null || waits.stopRequested() || !running.mayStart(shardId, waits.nanos())) {
                continue;
            }
            switch (own.store.take(shardId, Optional.ofNullable(stored.get(shardId)), ports.members.self())) {
                case Loaded.Unavailable<Optional<Long>>(String reason) -> {
                    return postgresqlFailed(reason);
                }
                case Loaded.Found(Optional<Long> epoch) ->
                    epoch.ifPresent(taken -> {
                        meter.taken();
                        meter.awaited(shardId, storedTo(stored, shardId), 0);
                        LOG.info("Reading shard {} at epoch {}, {}", shardId, taken, before(stored.get(shardId)));
                        running.start(
                                new RunningShards.Taken(info, own.listing, taken, parentsCachedTo(info, stored)),
                                waits.nanos());
                    });
            }
        }
        awaitMine(plan.mine(), stored, waits.nanos());
        meter.spread();
        tell(due, stored, membership);
        return true;
    }

    /** Whose a shard was that was taken, for people. */
    private String before(@Nullable ShardState state) {
        if (state == null) {
            return "as the first";
        }
        return state.owner()
                .map(owner -> owner.equals(ports.members.self())
                        ? "again"
                        : "taken from " + owner + ", which is gone or has not shown that it reads it")
                .orElse("which was free");
    }

    /** Whoever read a parent may have ended between its last commit and its use of the cache. */
    private static OptionalLong parentsCachedTo(ShardInfo shard, Map<String, ShardState> stored) {
        return shard.parents().stream()
                .map(stored::get)
                .filter(Objects::nonNull)
                .mapToLong(parent -> parent.cachedTo().orElse(0))
                .min();
    }

    /** Counts the lag of shards that are this process's to read and that nobody reads yet. Of what another reads, that one tells it. */
    private void awaitMine(List<String> mine, Map<String, ShardState> stored, long now) {
        awaited.keySet().removeIf(shardId -> {
            boolean over = !mine.contains(shardId) || isRead(shardId, stored);
            if (over && !running.ids().contains(shardId)) {
                meter.left(shardId);
            }
            return over;
        });
        for (String shardId : mine) {
            if (!isRead(shardId, stored)) {
                long since = awaited.computeIfAbsent(shardId, _ -> now);
                meter.awaited(shardId, storedTo(stored, shardId), TimeUnit.NANOSECONDS.toMillis(now - since));
            }
        }
    }

    private boolean isRead(String shardId, Map<String, ShardState> stored) {
        ShardState state = stored.get(shardId);
        return running.ids().contains(shardId) || (state != null && ownership.isReadElsewhere(shardId, state));
    }

    private static OptionalLong storedTo(Map<String, ShardState> stored, String shardId) {
        ShardState state = stored.get(shardId);
        return state == null ? OptionalLong.empty() : state.streamTime();
    }

    private boolean postgresqlFailed(String reason) {
        states.postgresql.failed(PART, reason);
        return false;
    }

    /** Lists the stream anew, and begins with it where it is another. */
    private boolean list(Waits waits) {
        switch (ports.catalog.list()) {
            case Loaded.Unavailable<StreamCatalog.Listing>(String reason) -> {
                states.kinesis.failed(PART, reason);
                return false;
            }
            case Loaded.Found(StreamCatalog.Listing listing) -> {
                states.kinesis.worked(PART);
                if (reading != null && reading.listing.created() != listing.created()) {
                    LOG.warn("The stream was deleted and made again: reading the new one");
                    running.stopAll();
                    running.reap(waits.nanos(), ownership);
                    close();
                }
                boolean begun = reading != null || begin(listing);
                if (begun && reading != null) {
                    reading = reading.with(listing);
                    lastListed = waits.nanos();
                    listWanted = false;
                }
                return begun;
            }
        }
    }

    private boolean begin(StreamCatalog.Listing listing) {
        StreamStore store = ports.stores.open(listing.created());
        List<String> shardIds =
                listing.shards().stream().map(ShardInfo::shardId).toList();
        switch (store.begin(start, TimeUnit.MILLISECONDS.toMicros(clock.millis()), shardIds)) {
            case Loaded.Unavailable<OptionalLong>(String reason) -> {
                store.close();
                return postgresqlFailed(reason);
            }
            case Loaded.Found(OptionalLong _) -> {
                states.postgresql.worked(PART);
                reading = new Reading(listing, store);
                return true;
            }
        }
    }

    private void close() {
        Reading own = reading;
        if (own != null) {
            own.store.close();
        }
        reading = null;
    }

    private void tell(List<ShardInfo> due, Map<String, ShardState> stored, Membership membership) {
        Optional<String> ailment = running.ailment();
        long unowned = due.stream()
                .filter(shard -> !running.ids().contains(shard.shardId()))
                .map(shard -> stored.get(shard.shardId()))
                .filter(state -> state == null || state.owner().isEmpty())
                .count();
        String others = membership.judges()
                ? "one of " + membership.live().size() + " processes"
                : "knows of no other processes";
        String text = "has " + running.ids().size() + " of " + due.size() + " shards, " + others
                + (unowned > 0 ? ", " + unowned + " shards free" : "");
        if (running.isFull() && unowned > 0) {
            ailment = ailment.or(() -> Optional.of(text + ", and no room for more"));
        }
        ailment.ifPresentOrElse(states.shards::down, () -> states.shards.up(text));
    }

    private static boolean isClosed(Map<String, ShardState> stored, String shardId) {
        ShardState state = stored.get(shardId);
        return state != null && state.progress().closed();
    }

    /** The shards that may be read now; a parent that is not listed any more has nothing left to read. */
    static List<ShardInfo> due(List<ShardInfo> shards, Map<String, ShardState> stored) {
        Set<String> unread = shards.stream().map(ShardInfo::shardId).collect(Collectors.toCollection(HashSet::new));
        unread.removeIf(shardId ->
                stored.containsKey(shardId) && stored.get(shardId).progress().closed());
        return shards.stream()
                .filter(shard -> unread.contains(shard.shardId()))
                .filter(shard -> shard.parents().stream().noneMatch(unread::contains))
                .toList();
    }
}
