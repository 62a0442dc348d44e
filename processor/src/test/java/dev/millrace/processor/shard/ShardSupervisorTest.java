package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.ownership.Members;
import dev.millrace.processor.ownership.Membership;
import dev.millrace.processor.ownership.Ownership;
import dev.millrace.processor.store.Content;
import dev.millrace.processor.store.InMemoryShardStore;
import dev.millrace.processor.store.InMemoryStreamStore;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.StartPosition;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ShardSupervisorTest {

    private static final ShardInfo PARENT = shard("0");
    private static final ShardInfo OTHER_PARENT = shard("1");
    private static final ShardInfo CHILD = shard("2", "0");
    private static final ShardInfo MERGED = shard("3", "0", "1");
    private static final List<ShardInfo> ALL = List.of(PARENT, OTHER_PARENT, CHILD, MERGED);
    private static final String ME = "me/1";
    private static final String OTHER = "other/1";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

    private static ShardInfo shard(String id, String... parents) {
        return new ShardInfo(id, List.of(parents), LoopRig.ALL);
    }

    /** Called in each pause between rounds; time passes by itself. */
    private final Deque<Consumer<FakeWaits>> betweenRounds = new ArrayDeque<>();

    private final FakeWaits waits = new FakeWaits() {
        @Override
        public void pause(long millis) {
            super.pause(millis);
            Consumer<FakeWaits> next = betweenRounds.poll();
            if (next == null) {
                requestStop();
            } else {
                next.accept(this);
            }
        }
    };
    private final FakeTasks tasks = new FakeTasks();
    private final Health health = new Health("test");
    private final LoopRig.Meter meter = new LoopRig.Meter();
    private final Map<Long, Content> contents = new HashMap<>();
    private final List<ShardInfo> listed = new ArrayList<>(List.of(PARENT, OTHER_PARENT));
    private long created = 1;
    private int most = 100;
    private boolean broken;
    private Set<String> candidates = Set.of(ME);
    private Optional<String> catalogFailure = Optional.empty();

    private Content content() {
        return contents.computeIfAbsent(created, _ -> new Content());
    }

    private ShardSupervisor supervisor() {
        Random random = new Random(1);
        RunningShards.Loops loops = (taken, waits) -> {
            FaultyStore store = new FaultyStore(
                    new InMemoryShardStore(
                            contents.computeIfAbsent(taken.listing().created(), _ -> new Content()), taken.shardId()),
                    () -> FaultyStore.Fault.NONE);
            return new ShardLoop(
                    new ShardLoop.Claim(
                            taken.shardId(), LoopRig.ALL, taken.epoch(), taken.cachedTo(), 0, LoopRig.HEARTBEAT_NANOS),
                    new ShardLoop.Ports(new FakeShard(), store, new LoopRig.Latest(), new SeriesShares(100_000).take()),
                    LoopRig.availabilities(new Health("loop")),
                    LoopRig.decoder(),
                    LoopRig.plainRules(),
                    meter,
                    waits,
                    random);
        };
        return new ShardSupervisor(
                new ShardSupervisor.Ports(
                        this::list,
                        createdAt -> new InMemoryStreamStore(
                                contents.computeIfAbsent(createdAt, _ -> new Content()), () -> 1),
                        new Known()),
                new ShardSupervisor.States(
                        availability("postgresql"), availability("kinesis"), health.component("shards")),
                new StartPosition.TrimHorizon(),
                new Ownership(ME, new LeaseTime(Duration.ofSeconds(10)), random),
                new RunningShards(most, tasks, loops, meter, () -> {}, random),
                meter,
                CLOCK,
                random);
    }

    private Loaded<StreamCatalog.Listing> list() {
        return catalogFailure
                .<Loaded<StreamCatalog.Listing>>map(Loaded.Unavailable::new)
                .orElseGet(() -> new Loaded.Found<>(new StreamCatalog.Listing(created, Duration.ofDays(1), listed)));
    }

    private Availability availability(String name) {
        return new Availability(name, Availability.Kind.ESSENTIAL, health.component(name), CLOCK);
    }

    private final class Known implements Members {

        @Override
        public String self() {
            return ME;
        }

        @Override
        public Optional<Membership> current() {
            if (broken) {
                throw new IllegalStateException("a fault of ours");
            }
            return Optional.of(new Membership(Set.of(ME, OTHER), candidates, waits.nanos(), true));
        }

        @Override
        public void drain() {}

        @Override
        public boolean isDrainTold() {
            return true;
        }

        @Override
        public void refresh() {}
    }

    private void next(Runnable action) {
        betweenRounds.add(_ -> action.run());
    }

    private void rounds(int count) {
        for (int i = 0; i < count; i++) {
            next(() -> {});
        }
    }

    private String detail() {
        return health.toJson()
                .getJsonObject("components")
                .getJsonObject("shards")
                .getString("detail");
    }

    private List<String> due(Set<String> closed) {
        Content stored = new Content();
        closed.forEach(shardId -> {
            new InMemoryStreamStore(stored, () -> 1).take(shardId, Optional.empty(), ME);
            ShardLoop loop = LoopRig.loop(
                    shardId,
                    stored.state(shardId).orElseThrow().progress().epoch(),
                    new FakeShard(),
                    new InMemoryShardStore(stored, shardId),
                    new LoopRig.Latest(),
                    meter,
                    new Health("loop"),
                    new FakeWaits(),
                    LoopRig.plainRules());
            assertEquals(ShardLoop.End.READ_OUT, loop.run());
        });
        Map<String, ShardState> states = new HashMap<>();
        closed.forEach(shardId -> states.put(shardId, stored.state(shardId).orElseThrow()));
        return ShardSupervisor.due(ALL, states).stream().map(ShardInfo::shardId).toList();
    }

    @Test
    void parentsAreReadOutBeforeTheirChildren() {
        assertEquals(List.of("0", "1"), due(Set.of()));
        assertEquals(List.of("1", "2"), due(Set.of("0")));
        assertEquals(List.of("2", "3"), due(Set.of("0", "1")));
        assertEquals(List.of(), due(Set.of("0", "1", "2", "3")));
    }

    @Test
    void aParentThatIsNotListedAnyMoreHoldsNobodyUp() {
        assertEquals(List.of(OTHER_PARENT, CHILD), ShardSupervisor.due(List.of(OTHER_PARENT, CHILD, MERGED), Map.of()));
    }

    @Test
    void readsWhatIsItsOwnAndGivesItUpAtAStop() {
        next(() -> assertEquals("has 2 of 2 shards, one of 2 processes", detail()));

        supervisor().run(waits);

        assertEquals(List.of("shard 0", "shard 1"), tasks.started);
        assertEquals(Map.of(), tasks.running);
        assertEquals(Optional.empty(), content().state("0").orElseThrow().owner());
    }

    @Test
    void childrenFollowAsSoonAsTheirParentsAreReadOut() {
        next(() -> {
            listed.add(CHILD);
            tasks.of("0").run(new FakeWaits());
        });
        next(() -> assertEquals(List.of("shard 0", "shard 1", "shard 2"), tasks.started));

        supervisor().run(waits);
    }

    @Test
    void anothersShardIsGivenUp() {
        next(() -> candidates = Set.of(OTHER));
        next(() -> assertTrue(tasks.of("0").stopRequested && tasks.of("1").stopRequested));

        supervisor().run(waits);
    }

    @Test
    void aStreamThatWasMadeAgainIsBegunAnew() {
        next(() -> created = 2);
        rounds(31);

        supervisor().run(waits);

        assertEquals(List.of("shard 0", "shard 1", "shard 0", "shard 1"), tasks.started);
        assertEquals(2, contents.size());
    }

    @Test
    void aListThatFailsStopsNothing() {
        next(() -> catalogFailure = Optional.of("away"));
        rounds(40);
        next(() -> {
            assertFalse(health.component("kinesis").isUp());
            assertEquals(2, tasks.running.size());
        });

        supervisor().run(waits);
    }

    @Test
    void aShardWithAFaultIsReadAgainAfterABackOffAndTheOthersGoOn() {
        next(() -> tasks.of("0").breakOff(new NoClassDefFoundError("secret")));
        next(() -> {
            assertEquals(Set.of("shard 1"), tasks.running.keySet());
            assertEquals("shard 0 was stopped by a fault (NoClassDefFoundError), will be read again", detail());
        });
        next(() -> {
            assertEquals(Set.of("shard 1", "shard 0"), tasks.running.keySet());
            assertEquals("shard 0 was stopped by a fault (NoClassDefFoundError), is being read again", detail());
        });
        rounds(62);
        next(() -> assertEquals("has 2 of 2 shards, one of 2 processes", detail()));

        supervisor().run(waits);

        assertEquals(List.of("shard 0", "shard 1", "shard 0"), tasks.started);
        assertTrue(betweenRounds.isEmpty());
    }

    @Test
    void aShardThatIsNotListedAnyMoreAilsNoMore() {
        next(() -> {
            tasks.of("0").breakOff(new NoClassDefFoundError("secret"));
            listed.remove(PARENT);
        });
        rounds(35);
        next(() -> assertTrue(tasks.of("0").stopRequested));
        next(() -> tasks.of("0").run(new FakeWaits()));
        next(() -> assertEquals("has 1 of 1 shards, one of 2 processes", detail()));

        supervisor().run(waits);
        assertTrue(betweenRounds.isEmpty());
    }

    @Test
    void aShardThatSomeoneElseHasTakenIsNotTakenBackAtOnce() {
        next(() -> {
            new InMemoryStreamStore(content(), () -> 1).take("0", content().state("0"), OTHER);
            tasks.of("0").run(new FakeWaits());
        });
        rounds(20);

        supervisor().run(waits);

        assertEquals(List.of("shard 0", "shard 1", "shard 0"), tasks.started);
    }

    @Test
    void takesNoMoreShardsThanThereIsRoomFor() {
        most = 1;
        next(() -> {
            assertEquals(List.of("shard 0"), tasks.started);
            assertEquals("has 1 of 2 shards, one of 2 processes, 1 shards free, and no room for more", detail());
            assertFalse(health.component("shards").isUp());
        });

        supervisor().run(waits);

        assertTrue(betweenRounds.isEmpty());
    }

    @Test
    void aListThatFailsKeepsNobodyFromTakingWhatIsFree() {
        next(() -> {
            catalogFailure = Optional.of("away");
            tasks.of("0").breakOff(new NoClassDefFoundError("gone"));
        });
        rounds(35);
        next(() -> assertTrue(tasks.running.containsKey("shard 0")));

        supervisor().run(waits);

        assertTrue(betweenRounds.isEmpty());
    }

    @Test
    void aFaultInARoundIsNotTheEnd() {
        next(() -> broken = true);
        rounds(3);
        next(() -> broken = false);
        rounds(9);
        next(() -> assertEquals("has 2 of 2 shards, one of 2 processes", detail()));

        supervisor().run(waits);

        assertTrue(betweenRounds.isEmpty());
    }

    @Test
    void whereAnotherProcessHasReadAShardOutTheStreamIsListedAnew() {
        candidates = Set.of(OTHER);
        next(() -> {
            closeElsewhere("0");
            listed.add(CHILD);
            candidates = Set.of(ME);
        });
        next(() -> assertTrue(tasks.started.contains("shard 2"), tasks.started::toString));

        supervisor().run(waits);

        assertTrue(betweenRounds.isEmpty());
    }

    private void closeElsewhere(String shardId) {
        new InMemoryStreamStore(content(), () -> 1).take(shardId, content().state(shardId), OTHER);
        long epoch = content().state(shardId).orElseThrow().progress().epoch();
        LoopRig.loop(
                        shardId,
                        epoch,
                        new FakeShard(),
                        new InMemoryShardStore(content(), shardId),
                        new LoopRig.Latest(),
                        meter,
                        new Health("loop"),
                        new FakeWaits(),
                        LoopRig.plainRules())
                .run();
    }
}
