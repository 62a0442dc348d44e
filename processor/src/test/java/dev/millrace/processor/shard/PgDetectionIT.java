package dev.millrace.processor.shard;

import static dev.millrace.processor.shard.LoopRig.temperature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Reading;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.PgAlerts;
import dev.millrace.processor.store.PgShardStore;
import dev.millrace.processor.store.PgStreamStore;
import dev.millrace.processor.store.PgTestDatabase;
import dev.millrace.processor.store.ShardKey;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.StoredContent;
import dev.millrace.processor.store.StreamStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** G7 with PostgreSQL: processes that end without a word between two snapshots, and silences of everything. */
class PgDetectionIT {

    private static final long T = FakeShard.ARRIVAL - 1_000_000_000L;
    private static final String STREAM = "stream";
    private static final int RECORDS = 30;
    private static final int OVENS = 21;

    private static final RuleSet RULES = LoopRig.rules("""
            version: 1
            rules:
              - {name: hot, metric: temperature, above: 90, severity: warning, message: too hot, refractory: 0s}
              - {name: silent, metric: temperature, silentFor: 30s, severity: critical, refractory: 0s}
            """);

    private final ShardLoop.Detection detection = new ShardLoop.Detection(
            () -> Optional.of(RULES), new SnapshotPace(Duration.ZERO, 2, Duration.ofMinutes(10)));

    private static FakeShard shard() {
        FakeShard shard = new FakeShard().open();
        for (int i = 0; i < RECORDS; i++) {
            // long and short ones, some of them open at the end
            List<Reading> readings = new ArrayList<>();
            for (int oven = i % 7; oven < OVENS; oven += 7) {
                readings.add(temperature("oven-" + oven, T + i, (i / 5 + i + oven) % 3 == 0 ? 95 + i : 20));
            }
            shard.putAggregate(readings);
        }
        shard.beforeEachRead(() -> shard.answeredAt += TimeUnit.SECONDS.toMicros(1));
        return shard.answering(() -> 1);
    }

    private static <T> T found(Loaded<T> loaded) {
        if (loaded instanceof Loaded.Found<T>(T value)) {
            return value;
        }
        throw new AssertionError(loaded.toString());
    }

    /** A process that takes the shard and is gone with so many of its commits; 0: it gives it up after a while. */
    private FaultyStore process(PgTestDatabase database, FakeShard shard, int lastCommit) {
        ShardKey key = new ShardKey(STREAM, T, LoopRig.SHARD);
        StreamStore stream = new PgStreamStore(database.pool(), STREAM, T);
        Map<String, ShardState> states = found(stream.shards());
        long epoch = found(stream.take(LoopRig.SHARD, Optional.ofNullable(states.get(LoopRig.SHARD)), "process"))
                .orElseThrow();
        stream.close();
        int[] commits = {0};
        FaultyStore store = new FaultyStore(
                new PgShardStore(database.pool(), key, new PgAlerts(List.of()), () -> 100_000),
                () -> FaultyStore.Fault.NONE);
        store.refused = _ -> {
            if (++commits[0] == lastCommit) {
                throw new FaultyStore.Killed();
            }
            return false;
        };
        FakeWaits waits = new FakeWaits();
        waits.stopInPause(120);
        ShardLoop loop = LoopRig.loop(
                LoopRig.SHARD,
                epoch,
                shard,
                store,
                new LoopRig.Latest(),
                new LoopRig.Meter(),
                new Health("test"),
                waits,
                detection);
        if (lastCommit == 0) {
            assertEquals(ShardLoop.End.GIVEN_UP, loop.run());
        } else {
            assertThrows(FaultyStore.Killed.class, loop::run);
        }
        return store;
    }

    @Test
    void whoeverFollowsOnProcessesThatWereKilledFindsTheSameAnomaliesAsOneThatReadsItAll() {
        try (PgTestDatabase unbroken = new PgTestDatabase();
                PgTestDatabase broken = new PgTestDatabase()) {
            ShardKey key = new ShardKey(STREAM, T, LoopRig.SHARD);
            process(unbroken, shard(), 0);
            FakeShard shard = shard();
            process(broken, shard, 9);
            assertTrue(
                    broken.count("detector_snapshot") < broken.count("series"),
                    "there must be something to be fed again");
            process(broken, shard, 12);
            process(broken, shard, 0);

            StoredContent wanted = unbroken.content(key);
            assertEquals(
                    OVENS,
                    wanted.anomalies().values().stream()
                            .filter(anomaly -> anomaly.condition().equals("silent"))
                            .count());
            assertEquals(wanted, broken.content(key));
            assertEquals(OVENS, broken.count("detector_snapshot"));
            assertEquals(0, broken.count("anomaly WHERE condition IS NULL OR peak IS NULL OR arrived_at IS NULL"));
        }
    }
}
