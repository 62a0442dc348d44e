package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Health;
import dev.millrace.processor.store.InMemoryShardStore;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ShardSupervisorTest {

    private static final ShardInfo PARENT = shard("0");
    private static final ShardInfo OTHER_PARENT = shard("1");
    private static final ShardInfo CHILD = shard("2", "0");
    private static final ShardInfo MERGED = shard("3", "0", "1");
    private static final List<ShardInfo> ALL = List.of(PARENT, OTHER_PARENT, CHILD, MERGED);

    private static ShardInfo shard(String id, String... parents) {
        return new ShardInfo(id, List.of(parents), LoopRig.ALL);
    }

    private static List<String> due(List<ShardInfo> shards, Set<String> closed, Set<String> running) {
        return ShardSupervisor.due(shards, closed, running).stream()
                .map(ShardInfo::shardId)
                .toList();
    }

    @Test
    void parentsAreReadOutBeforeTheirChildren() {
        assertEquals(List.of("0", "1"), due(ALL, Set.of(), Set.of()));
        assertEquals(List.of(), due(ALL, Set.of(), Set.of("0", "1")));
        assertEquals(List.of("2"), due(ALL, Set.of("0"), Set.of("1")));
        assertEquals(List.of("2", "3"), due(ALL, Set.of("0", "1"), Set.of()));
    }

    @Test
    void aParentThatIsNotListedAnyMoreHoldsNobodyUp() {
        assertEquals(List.of("1", "2"), due(List.of(OTHER_PARENT, CHILD, MERGED), Set.of(), Set.of()));
    }

    @Test
    void aShardThatWasReadOutIsNotReadAgain() {
        assertEquals(List.of(), due(ALL, Set.of("0", "1", "2", "3"), Set.of()));
    }

    /** Shards whose reading breaks off so often, and then goes on; a round follows each end, as in the processor. */
    private static final class Rounds {

        private final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> reading = new LinkedBlockingQueue<>();
        private final AtomicInteger faultsLeft;
        private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
        private final LoopRig.Meter meter = new LoopRig.Meter();
        private final ShardSupervisor supervisor;

        Rounds(Vertx vertx, int faults) {
            faultsLeft = new AtomicInteger(faults);
            supervisor = new ShardSupervisor(
                    vertx,
                    (shard, listener) -> new ShardVerticle(waits -> loop(shard.shardId(), waits), listener),
                    meter,
                    nanos::get,
                    new Random(1));
        }

        private ShardLoop loop(String shardId, Waits waits) {
            FakeShard shard = new FakeShard().open().beforeEachRead(() -> {
                if (shardId.equals("0") && faultsLeft.getAndDecrement() > 0) {
                    throw new NoClassDefFoundError("secret");
                }
                reading.add(shardId);
            });
            FaultyStore store = new FaultyStore(
                    new InMemoryShardStore(new InMemoryShardStore.Content()), () -> FaultyStore.Fault.NONE);
            return LoopRig.loop(shard, store, new LoopRig.Latest(), new LoopRig.Meter(), new Health("test"), waits);
        }

        void round() {
            supervisor.deploy(List.of(PARENT, OTHER_PARENT), Set.of(), () -> ended.add("ended"));
        }

        void pass(long millis) {
            nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        }

        void awaitEnd() throws InterruptedException {
            assertEquals("ended", ended.poll(60, TimeUnit.SECONDS));
        }

        void awaitReading(String shardId) throws InterruptedException {
            for (String read = reading.poll(60, TimeUnit.SECONDS);
                    !shardId.equals(read);
                    read = reading.poll(60, TimeUnit.SECONDS)) {
                assertNotNull(read);
            }
        }
    }

    @Test
    void aShardWithAFaultIsReadAgainAfterABackOffAndTheOthersGoOn(Vertx vertx) throws Exception {
        Rounds rounds = new Rounds(vertx, 2);
        ShardSupervisor supervisor = rounds.supervisor;
        rounds.round();
        assertEquals(Optional.empty(), supervisor.ailment());

        long passed = 0;
        for (int fault = 1; fault <= 2; fault++) {
            rounds.awaitEnd();
            rounds.round();
            assertEquals(
                    Optional.of("shard 0 was stopped by a fault (NoClassDefFoundError), will be read again"),
                    supervisor.ailment());
            assertEquals(1, supervisor.size());
            rounds.reading.clear();
            rounds.awaitReading("1");
            // its lag counts from the first fault on, though the loop has left it
            assertEquals(passed, rounds.meter.awaited.toArray()[1 + fault]);
            long delay = supervisor.millisToNext(100_000);
            passed += delay;
            assertTrue(delay > 0 && delay <= 1_000L * fault, () -> "a back-off of " + delay);
            // not before its time
            rounds.pass(delay - 1);
            rounds.round();
            assertEquals(1, supervisor.size());
            rounds.pass(1);
            rounds.round();
            assertEquals(2, supervisor.size());
            assertEquals(100_000, supervisor.millisToNext(100_000));
        }

        rounds.awaitReading("0");
        assertEquals(
                Optional.of("shard 0 was stopped by a fault (NoClassDefFoundError), is being read again"),
                supervisor.ailment());
        rounds.pass(TimeUnit.NANOSECONDS.toMillis(ShardSupervisor.WELL_AFTER_NANOS));
        rounds.round();
        assertEquals(Optional.empty(), supervisor.ailment());
        supervisor.stop().await();
    }

    @Test
    void aShardThatIsNotListedAnyMoreAilsNoMore(Vertx vertx) throws Exception {
        Rounds rounds = new Rounds(vertx, 1);
        rounds.round();
        rounds.awaitEnd();

        rounds.supervisor.deploy(List.of(OTHER_PARENT), Set.of(), () -> {});

        assertEquals(Optional.empty(), rounds.supervisor.ailment());
        rounds.supervisor.stop().await();
    }
}
