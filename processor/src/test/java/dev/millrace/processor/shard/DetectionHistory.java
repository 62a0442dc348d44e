package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.shard.FaultyStore.Fault;
import dev.millrace.processor.store.Content;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A stream, and rules that change at one of its records: read by one process that is never disturbed, or by processes that are killed, hand it
 * over, are without their database, or forget what they must not.
 */
final class DetectionHistory {

    private static final String FIRST = """
            version: 1
            rules:
              - {name: hot, metric: temperature, above: 90, severity: warning, refractory: 0s}
              - {name: extreme, metric: temperature, above: 92, clearBelow: 90, below: 87, for: 2s, severity: critical}
              - {name: silent, metric: pressure, silentFor: 2s, severity: warning, refractory: 0s}
              - {name: broken, metric: temperature, state: [BROKEN], severity: critical}
              - {name: shape, metric: '*', rateAbove: 4 per second, flatFor: 4s, severity: info, refractory: 0s}
              - {name: odd, metric: '*', deviates: {by: 2, window: 10}, unusual: true, severity: info}
            """;

    private static final String SECOND = """
            version: 2
            rules:
              - {name: hot, metric: temperature, above: 91, severity: info, refractory: 0s}
              - {name: silent, metric: pressure, silentFor: 2s, severity: warning, refractory: 0s}
              - {name: also-silent, metric: temperature, silentFor: 3s, severity: info}
              - {name: odd, metric: '*', deviates: {by: 2, window: 15}, unusual: true, severity: info}
            """;

    private final long seed;
    final Content content = new Content();
    private final FakeShard shard;
    private final int switchAt;
    int processes;
    int refed;

    DetectionHistory(long seed) {
        this.seed = seed;
        Random random = new Random(seed);
        shard = stream(random);
        int place = random.nextBoolean() ? 1 + random.nextInt(shard.records().size()) : Integer.MAX_VALUE;
        // behind the last record there is no place at which a shard that ends must have switched, or must not
        switchAt = place < shard.records().size() ? place : Integer.MAX_VALUE;
        shard.barrier = switchAt;
        content.store(1, FIRST);
        content.store(2, SECOND);
    }

    private static FakeShard stream(Random random) {
        FakeShard shard = new FakeShard();
        List<Reading> sent = new ArrayList<>();
        int records = 2 + random.nextInt(40);
        for (int i = 0; i < records; i++) {
            // mostly close together, now and then a silence, or a time that goes back a little
            shard.later(
                    switch (random.nextInt(6)) {
                        case 0 -> TimeUnit.MILLISECONDS.toMicros(random.nextInt(5_000));
                        case 1 -> -random.nextInt(300_000);
                        default -> random.nextInt(200_000);
                    });
            if (random.nextInt(10) == 0) {
                shard.put("junk", "{\"sensorId\":\"oven-1\"}".getBytes(StandardCharsets.UTF_8));
                continue;
            }
            List<Reading> readings = new ArrayList<>();
            for (int j = random.nextInt(4); j >= 0; j--) {
                boolean again = !sent.isEmpty() && random.nextInt(5) == 0;
                Reading reading = again ? sent.get(random.nextInt(sent.size())) : reading(random, i);
                readings.add(reading);
                sent.add(reading);
            }
            shard.putAggregate(readings);
        }
        return shard;
    }

    private static Reading reading(Random random, int place) {
        long at = FakeShard.ARRIVAL - 1_000_000_000 + 100_000L * (10 * place + random.nextInt(30));
        List<Measurement> measurements = new ArrayList<>();
        if (random.nextInt(3) > 0) {
            measurements.add(
                    random.nextInt(8) == 0
                            ? new Measurement.State("temperature", "BROKEN")
                            : new Measurement.Numeric("temperature", 84 + random.nextInt(11)));
        }
        if (measurements.isEmpty() || random.nextInt(3) == 0) {
            measurements.add(new Measurement.Numeric("pressure", random.nextInt(10)));
        }
        return new Reading("oven-" + random.nextInt(6), at, measurements);
    }

    /** Reads it without a disturbance. */
    void straight() {
        run(
                () -> Fault.NONE,
                () -> true,
                new SnapshotPace(Duration.ZERO, 1_000, Duration.ofSeconds(50)),
                new SeriesShares(1_000),
                OptionalStop.NEVER);
    }

    private enum OptionalStop {
        NEVER,
        SOON
    }

    /** Reads it with all that can go wrong. */
    void disturbed() {
        Random random = new Random(seed ^ 0x5DEECE66DL);
        shard.answering(() -> random.nextInt(5));
        // in half of the histories what has an unknown outcome happens late
        boolean late = (seed & 1) != 0;
        int[] left = {random.nextInt(25)};
        Supplier<Fault> faults = () -> {
            if (left[0]-- <= 0 || random.nextInt(4) > 0) {
                return Fault.NONE;
            }
            Fault[] some = {Fault.AWAY, Fault.ANSWER_LOST, Fault.RIVAL, Fault.BUG, Fault.KILLED, Fault.KILLED_AFTER};
            Fault fault = some[random.nextInt(some.length)];
            return late && fault == Fault.ANSWER_LOST ? Fault.LATE : fault;
        };
        SnapshotPace pace =
                new SnapshotPace(Duration.ZERO, 1 + random.nextInt(8), Duration.ofSeconds(1 + random.nextInt(10)));
        int least = 1 + random.nextInt(12);
        for (int process = 0; ; process++) {
            OptionalStop stop = process < 4 && random.nextInt(3) == 0 ? OptionalStop.SOON : OptionalStop.NEVER;
            if (run(faults, random::nextBoolean, pace, new SeriesShares(least, least), stop)) {
                return;
            }
        }
    }

    /** Whether it read the shard to its end. */
    private boolean run(
            Supplier<Fault> faults,
            BooleanSupplier hasJournal,
            SnapshotPace pace,
            SeriesShares series,
            OptionalStop stop) {
        processes++;
        RuleSet first = LoopRig.rules(FIRST);
        RuleSet second = LoopRig.rules(SECOND);
        Rules rules = () -> Optional.of(read() >= switchAt ? second : first);
        LoopRig rig = new LoopRig(shard, content, faults, new ShardLoop.Detection(rules, pace), series);
        rig.store.takeOverFaults = faults;
        rig.store.hasJournal = hasJournal;
        if (stop == OptionalStop.SOON) {
            rig.waits.stopInPause(1 + (int) ((seed >>> 7) & 7));
        }
        try {
            return rig.loop.run() == ShardLoop.End.READ_OUT;
        } catch (FaultyStore.Killed _) {
            return false;
        } finally {
            refed += rig.meter.refed;
        }
    }

    /** How many records are committed as a whole. */
    private int read() {
        return content.state(LoopRig.SHARD)
                .map(ShardState::progress)
                .map(progress -> shard.recordsUpTo(progress.position()))
                .orElse(0);
    }
}
