package dev.millrace.processor.simulation;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.ownership.Leases;
import dev.millrace.processor.ownership.Members;
import dev.millrace.processor.ownership.MembershipLoop;
import dev.millrace.processor.ownership.Ownership;
import dev.millrace.processor.ownership.SoleMember;
import dev.millrace.processor.shard.Batch;
import dev.millrace.processor.shard.BatchDecoder;
import dev.millrace.processor.shard.RunningShards;
import dev.millrace.processor.shard.ShardLoop;
import dev.millrace.processor.shard.ShardMeter;
import dev.millrace.processor.shard.ShardSupervisor;
import dev.millrace.processor.shard.SnapshotPace;
import dev.millrace.processor.shard.StreamCatalog;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.StartPosition;
import dev.millrace.processor.store.Work;
import dev.millrace.processor.task.Task;
import dev.millrace.processor.task.Waits;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A processor of production classes in a simulated process, wired as {@code ProcessorApp} wires them. */
final class SimulatedProcessor {

    /** A drain waits so long for the others to be told, milliseconds. */
    private static final int DRAIN_LOOKS = 20;

    private static final long DRAIN_LOOK_MILLIS = 50;

    /** What all processors of a world have in common. */
    record Surroundings(
            LeaseTime time,
            SimulatedStream stream,
            SimulatedDatabase database,
            RuleSet rules,
            SnapshotPace pace,
            StartPosition start,
            Scheduler scheduler) {}

    private final SeriesShares series = new SeriesShares(100_000);
    private final Surroundings world;
    private final SimulatedProcess process;
    private final SimulatedStores stores;
    private final Counts counts = new Counts();
    private final Availability postgresql;
    private final Availability kinesis;
    private final StreamCatalog catalog;
    private final @Nullable MembershipLoop membership;
    private final @Nullable SoleMember sole;
    private final ShardSupervisor supervisor;
    private @Nullable Task members;
    private @Nullable Task main;
    private boolean stopping;

    /**
     * @param catalog what it knows of the stream
     * @param leases what it knows of other processes; empty without Kubernetes
     */
    SimulatedProcessor(Surroundings world, SimulatedProcess process, StreamCatalog catalog, Optional<Leases> leases) {
        this.world = world;
        this.process = process;
        this.catalog = catalog;
        stores = new SimulatedStores(world.scheduler, world.database, process, process.random());
        Health health = new Health("simulation");
        postgresql = availability(health, "postgresql");
        kinesis = availability(health, "kinesis");
        String self = process.owner();
        membership = leases.map(own ->
                        new MembershipLoop(self, own, world.time, availability(health, "kubernetes"), this::wake))
                .orElse(null);
        sole = membership == null ? new SoleMember(self, this::nanos) : null;
        supervisor = new ShardSupervisor(
                new ShardSupervisor.Ports(this.catalog, _ -> stores.stream(), known()),
                new ShardSupervisor.States(postgresql, kinesis, health.component("shards")),
                world.start,
                new Ownership(self, world.time, process.random()),
                new RunningShards(Integer.MAX_VALUE, process, this::loop, counts, this::wake, process.random()),
                counts,
                process.wall(),
                process.random());
    }

    private Availability availability(Health health, String name) {
        return new Availability(name, Availability.Kind.NEEDED_AT_START, health.component(name), process.wall());
    }

    private Members known() {
        if (membership != null) {
            return membership;
        }
        if (sole != null) {
            return sole;
        }
        throw new IllegalStateException("a processor is a member among others, or alone");
    }

    private long nanos() {
        return process.nanos();
    }

    private void wake() {
        if (main != null) {
            main.wake();
        }
    }

    void start() {
        if (membership != null) {
            Task task = process.start("membership", membership, _ -> {});
            membership.wokenBy(task::wake);
            members = task;
        }
        main = process.start("supervisor", supervisor, _ -> {});
        world.database.listen(process, () -> {
            known().refresh();
            wake();
        });
    }

    /** Stops as on SIGTERM; the process is gone when it is done with it. */
    void stop() {
        if (!stopping) {
            stopping = true;
            process.start("stop", this::drain, _ -> {});
        }
    }

    private void drain(Waits waits) {
        if (membership != null) {
            membership.drain();
            for (int i = 0; i < DRAIN_LOOKS && !membership.isDrainTold(); i++) {
                waits.pause(DRAIN_LOOK_MILLIS);
            }
        } else if (sole != null) {
            sole.drain();
        }
        end(main);
        end(members);
        world.scheduler.note(process.owner() + " has stopped");
        process.crash();
        world.database.lost(process);
    }

    private static void end(@Nullable Task task) {
        if (task != null) {
            task.requestStop();
            task.await();
        }
    }

    void crash() {
        world.scheduler.note(process.owner() + " crashes");
        process.crash();
        world.database.lost(process);
    }

    SimulatedProcess process() {
        return process;
    }

    boolean stopping() {
        return stopping;
    }

    int fenced() {
        return counts.fenced;
    }

    long refed() {
        return counts.refed;
    }

    static ReadingDecoder decoder() {
        return new ReadingDecoder(ReadingLimits.DEFAULT);
    }

    private ShardLoop loop(RunningShards.Taken taken, Waits waits) {
        String shardId = taken.shardId();
        return new ShardLoop(
                new ShardLoop.Claim(
                        shardId,
                        taken.shard().range(),
                        taken.epoch(),
                        taken.cachedTo(),
                        TimeUnit.NANOSECONDS.toMicros(
                                taken.listing().retention().toNanos()),
                        world.time.renewNanos()),
                new ShardLoop.Ports(
                        world.stream.reader(process, taken.shard()), stores.shard(shardId), new Cache(), series.take()),
                new ShardLoop.Availabilities(kinesis, postgresql),
                new BatchDecoder(decoder(), taken.shard().range()),
                new ShardLoop.Detection(() -> Optional.of(world.rules), world.pace),
                counts,
                waits,
                process.random());
    }

    /** A cache that takes everything. */
    private static final class Cache implements LatestValues {

        private OptionalLong settled = OptionalLong.empty();

        @Override
        public void begin(OptionalLong since) {
            settled = since;
        }

        @Override
        public void update(Map<String, List<LatestValue>> bySensor, long arrivedFrom, long arrivedTo) {
            settled = OptionalLong.of(arrivedTo);
        }

        @Override
        public OptionalLong settledTo() {
            return settled;
        }

        @Override
        public void end() {
            settled = OptionalLong.empty();
        }
    }

    private final class Counts implements ShardMeter {

        private int fenced;
        private long refed;

        @Override
        public void stateUnreadable() {
            throw new AssertionError("a state that was written down cannot be read");
        }

        @Override
        public void committed(Batch batch, Work work, int rows) {
            // the database counts
        }

        @Override
        public void refed(int userRecords) {
            refed += userRecords;
            world.scheduler.note(process.owner() + " feeds " + userRecords + " user records again");
        }

        @Override
        public void remembered(String shardId, int series, int dirty) {
            // nobody looks
        }

        @Override
        public void fenced() {
            fenced++;
            world.scheduler.note(process.owner() + " is fenced");
        }

        @Override
        public void taken() {
            // the database counts
        }

        @Override
        public void handedOver() {
            // the database counts
        }

        @Override
        public void awaited(String shardId, OptionalLong storedTo, long millis) {
            // nobody looks
        }

        @Override
        public void caughtUp(String shardId, long millisBehind) {
            // nobody looks
        }

        @Override
        public void spread() {
            // nobody looks
        }

        @Override
        public void left(String shardId) {
            // nobody looks
        }
    }
}
