package dev.millrace.processor.shard;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.RuleFile;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.store.InMemoryShardStore;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.StoredContent;
import dev.millrace.processor.store.Work;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** A loop with everything around it in memory. */
final class LoopRig {

    static final HashKeyRange ALL = new HashKeyRange(HashKey.MIN, HashKey.MAX);

    final FakeShard shard;
    final FakeWaits waits = new FakeWaits();
    final InMemoryShardStore.Content content;
    final Latest latest = new Latest();
    final Meter meter = new Meter();
    final Health health = new Health("test");
    final FaultyStore store;
    final ShardLoop loop;

    LoopRig(FakeShard shard, Supplier<FaultyStore.Fault> faults) {
        this(shard, new InMemoryShardStore.Content(), faults);
    }

    /** A loop of another process, which finds what is stored. */
    LoopRig(FakeShard shard, InMemoryShardStore.Content content) {
        this(shard, content, () -> FaultyStore.Fault.NONE);
    }

    private LoopRig(FakeShard shard, InMemoryShardStore.Content content, Supplier<FaultyStore.Fault> faults) {
        this.shard = shard;
        this.content = content;
        store = new FaultyStore(new InMemoryShardStore(content), faults);
        loop = loop(shard, store, latest, meter, health, waits);
    }

    static ShardLoop loop(
            ShardReader reader, ShardStore store, LatestValues latest, ShardMeter meter, Health health, Waits waits) {
        return new ShardLoop(
                "shardId-0",
                new ShardLoop.Ports(reader, store, latest),
                new ShardLoop.Availabilities(availability(health, "kinesis"), availability(health, "postgresql")),
                new BatchDecoder(new ReadingDecoder(ReadingLimits.DEFAULT), ALL),
                new Detector(RuleFile.shipped()),
                meter,
                waits,
                new Random(1));
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

    static Reading temperature(String sensorId, long at, double value) {
        return new Reading(sensorId, at, List.of(new Measurement.Numeric("temperature", value)));
    }

    /** The latest values as a cache would have them that believes whatever it is told. */
    static final class Latest implements LatestValues {

        final Map<SeriesId, LatestValue> values = new TreeMap<>();
        final Set<String> doubted = new TreeSet<>();
        int tended;

        @Override
        public void update(Map<String, List<LatestValue>> bySensor) {
            bySensor.forEach((sensorId, list) -> list.forEach(value ->
                    values.put(new SeriesId(sensorId, value.measurement().name()), value)));
        }

        @Override
        public void doubt(Set<String> sensorIds) {
            doubted.addAll(sensorIds);
        }

        @Override
        public void tend() {
            tended++;
        }
    }

    /** What was counted. */
    static final class Meter implements ShardMeter {

        int commits;
        int rows;
        int fenced;
        int foreignAggregates;
        int left;
        final Queue<Long> awaited = new ConcurrentLinkedQueue<>();
        long behind = -1;

        @Override
        public void committed(Batch batch, Work work, int newRows) {
            commits++;
            rows += newRows;
            foreignAggregates += batch.foreignAggregates();
        }

        @Override
        public void fenced() {
            fenced++;
        }

        @Override
        public void awaited(String shardId, long millis) {
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
}
