package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.shard.FaultyStore.Fault;
import dev.millrace.processor.store.Content;
import dev.millrace.processor.store.InMemoryShardStore;
import dev.millrace.processor.store.InMemoryStreamStore;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.StoredContent;
import dev.millrace.processor.store.Work;
import dev.millrace.processor.task.Waits;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A loop with everything around it in memory. */
final class LoopRig {

    static final HashKeyRange ALL = new HashKeyRange(HashKey.MIN, HashKey.MAX);

    static final String SHARD = "shardId-0";
    static final long RETENTION_MICROS = TimeUnit.DAYS.toMicros(1);
    private static final long AT = FakeShard.ARRIVAL - 1_000_000_000L;
    static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(5);

    final FakeShard shard;
    final FakeWaits waits = new FakeWaits();
    final Content content;
    final Latest latest = new Latest();
    final Meter meter = new Meter();
    final Health health = new Health("test");
    final FaultyStore store;
    final ShardLoop loop;

    LoopRig(FakeShard shard, Supplier<FaultyStore.Fault> faults) {
        this(shard, new Content(), faults);
    }

    /** A loop of another process, which finds what is stored. */
    LoopRig(FakeShard shard, Content content) {
        this(shard, content, () -> FaultyStore.Fault.NONE);
    }

    private LoopRig(FakeShard shard, Content content, Supplier<FaultyStore.Fault> faults) {
        this(shard, content, faults, plainRules());
    }

    LoopRig(FakeShard shard, Content content, Supplier<FaultyStore.Fault> faults, ShardLoop.Detection detection) {
        this(shard, content, faults, detection, new SeriesShares(100_000));
    }

    LoopRig(
            FakeShard shard,
            Content content,
            Supplier<FaultyStore.Fault> faults,
            ShardLoop.Detection detection,
            SeriesShares series) {
        this.shard = shard;
        this.content = content;
        long epoch = take(content);
        store = new FaultyStore(new InMemoryShardStore(content, SHARD), faults);
        loop = loop(SHARD, epoch, shard, store, latest, meter, health, waits, detection, series);
    }

    /** Takes the shard as a supervisor does. */
    static long take(Content content) {
        Loaded<Optional<Long>> taken =
                new InMemoryStreamStore(content, () -> 1).take(SHARD, content.state(SHARD), "rig");
        return assertInstanceOf(Loaded.Found.class, taken).value() instanceof Optional<?> found
                        && found.orElseThrow() instanceof Long epoch
                ? epoch
                : -1;
    }

    static ShardLoop loop(
            String shardId,
            long epoch,
            ShardReader reader,
            ShardStore store,
            LatestValues latest,
            ShardMeter meter,
            Health health,
            Waits waits,
            ShardLoop.Detection detection) {
        return loop(shardId, epoch, reader, store, latest, meter, health, waits, detection, new SeriesShares(100_000));
    }

    private static ShardLoop loop(
            String shardId,
            long epoch,
            ShardReader reader,
            ShardStore store,
            LatestValues latest,
            ShardMeter meter,
            Health health,
            Waits waits,
            ShardLoop.Detection detection,
            SeriesShares series) {
        return new ShardLoop(
                new ShardLoop.Claim(shardId, ALL, epoch, OptionalLong.empty(), RETENTION_MICROS, HEARTBEAT_NANOS),
                new ShardLoop.Ports(reader, store, latest, series.take()),
                availabilities(health),
                decoder(),
                detection,
                meter,
                waits,
                new Random(1));
    }

    static BatchDecoder decoder() {
        return new BatchDecoder(new ReadingDecoder(ReadingLimits.DEFAULT), ALL);
    }

    /** Limits without a delay, all the time. */
    static ShardLoop.Detection plainRules() {
        RuleSet plain = rules("""
                version: 1
                rules:
                  - name: temperature-high
                    metric: temperature
                    above: 90
                    severity: warning
                  - name: pressure-out-of-range
                    metric: pressure
                    above: 8
                    below: 0.5
                    severity: critical
                """);
        return new ShardLoop.Detection(() -> Optional.of(plain), SnapshotPace.USUAL);
    }

    /** The rules of a text. */
    static RuleSet rules(String text) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(text)).rules();
    }

    static ShardLoop.Availabilities availabilities(Health health) {
        return new ShardLoop.Availabilities(availability(health, "kinesis"), availability(health, "postgresql"));
    }

    private static Availability availability(Health health, String name) {
        return new Availability(name, Availability.Kind.ESSENTIAL, health.component(name), InstantSource.system());
    }

    LoopRig(FakeShard shard) {
        this(shard, () -> FaultyStore.Fault.NONE);
    }

    StoredContent stored() {
        return content.stored();
    }

    ShardState state() {
        return content.state(SHARD).orElseThrow();
    }

    long beat() {
        return state().beat();
    }

    static Reading temperature(String sensorId, long at, double value) {
        return new Reading(sensorId, at, List.of(new Measurement.Numeric("temperature", value)));
    }

    /** The latest values as a cache would have them that believes whatever it is told. */
    static final class Latest implements LatestValues {

        final Map<SeriesId, LatestValue> values = new TreeMap<>();
        final List<OptionalLong> begun = new ArrayList<>();
        OptionalLong settled = OptionalLong.empty();
        int ended;
        int updates;

        @Override
        public void begin(OptionalLong since) {
            begun.add(since);
            settled = since;
        }

        @Override
        public void update(Map<String, List<LatestValue>> bySensor, long arrivedFrom, long arrivedTo) {
            bySensor.forEach((sensorId, list) -> list.forEach(value ->
                    values.put(new SeriesId(sensorId, value.measurement().name()), value)));
            settled = OptionalLong.of(arrivedTo);
            updates++;
        }

        @Override
        public OptionalLong settledTo() {
            return settled;
        }

        @Override
        public void end() {
            ended++;
        }
    }

    /** What was counted. */
    static final class Meter implements ShardMeter {

        int commits;
        int rows;
        int fenced;
        int foreignAggregates;
        int left;
        int handedOver;
        int refed;
        int unreadable;
        int dirty;
        final Queue<Long> awaited = new ConcurrentLinkedQueue<>();
        long behind = -1;

        @Override
        public void committed(Batch batch, Work work, int newRows) {
            commits++;
            rows += newRows;
            foreignAggregates += batch.foreignAggregates();
        }

        @Override
        public void stateUnreadable() {
            unreadable++;
        }

        @Override
        public void refed(int userRecords) {
            refed += userRecords;
        }

        @Override
        public void remembered(String shardId, int series, int unwritten) {
            dirty = unwritten;
        }

        @Override
        public void fenced() {
            fenced++;
        }

        @Override
        public void taken() {}

        @Override
        public void spread() {}

        @Override
        public void handedOver() {
            handedOver++;
        }

        @Override
        public void awaited(String shardId, OptionalLong storedTo, long millis) {
            awaited.add(millis);
        }

        @Override
        public void caughtUp(String shardId, long millisBehind) {
            behind = millisBehind;
        }

        @Override
        public void left(String shardId) {
            left++;
        }
    }

    /** Three records, one value each: fine, too hot, fine. */
    static FakeShard threeRecords() {
        return new FakeShard()
                .putAggregate(List.of(temperature("oven-1", AT, 70)))
                .putAggregate(List.of(temperature("oven-1", AT + 1, 95)))
                .putAggregate(List.of(temperature("oven-1", AT + 2, 71)))
                .answering(() -> 1);
    }

    static Supplier<Fault> script(Fault... faults) {
        Deque<Fault> script = new ArrayDeque<>(List.of(faults));
        return () -> Objects.requireNonNullElse(script.poll(), Fault.NONE);
    }

    static void assertAllStoredOnce(LoopRig rig) {
        LoopRig straight = new LoopRig(threeRecords());
        straight.loop.run();
        assertEquals(3, straight.stored().userRecords());
        assertEquals(1, straight.stored().anomalies().size());
        assertEquals(straight.stored(), rig.stored());
    }
}
