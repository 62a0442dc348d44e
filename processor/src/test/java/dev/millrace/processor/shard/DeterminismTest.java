package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.processor.shard.FaultyStore.Fault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/** G3 and G7 over random streams, random cuts, random crashes, and rivals. */
class DeterminismTest {

    private static final String[] STATES = {"RUNNING", "IDLE"};

    /** Few sensors and few instants, so that late, repeated and contradicting values are the rule. */
    private static FakeShard randomStream(Random random) {
        FakeShard shard = new FakeShard();
        List<Reading> sent = new ArrayList<>();
        int records = 1 + random.nextInt(12);
        for (int i = 0; i < records; i++) {
            if (random.nextInt(8) == 0) {
                shard.put("junk", "{\"sensorId\":\"oven-1\"}".getBytes(StandardCharsets.UTF_8));
                continue;
            }
            List<Reading> readings = new ArrayList<>();
            for (int j = random.nextInt(6); j >= 0; j--) {
                Reading reading = !sent.isEmpty() && random.nextInt(4) == 0
                        ? sent.get(random.nextInt(sent.size()))
                        : randomReading(random);
                readings.add(reading);
                sent.add(reading);
            }
            shard.putAggregate(readings);
        }
        return shard;
    }

    private static Reading randomReading(Random random) {
        long at = FakeShard.ARRIVAL - 1_000 + random.nextInt(25);
        Measurement temperature = random.nextInt(6) == 0
                ? new Measurement.State("temperature", STATES[random.nextInt(2)])
                : new Measurement.Numeric("temperature", 85 + random.nextInt(10));
        Measurement pressure = new Measurement.Numeric("pressure", random.nextInt(10));
        return new Reading(
                "oven-" + random.nextInt(2),
                at,
                random.nextBoolean() ? List.of(temperature) : List.of(pressure, temperature));
    }

    private static Supplier<Fault> randomFaults(Random random) {
        // a refusal is part of the content: what is refused is a dead letter
        Fault[] faults = EnumSet.complementOf(EnumSet.of(Fault.REFUSED, Fault.KILLED, Fault.KILLED_AFTER))
                .toArray(Fault[]::new);
        // an end of them, so that every run ends
        int[] left = {random.nextInt(20)};
        return () -> left[0]-- > 0 && random.nextInt(3) == 0 ? faults[random.nextInt(faults.length)] : Fault.NONE;
    }

    @Property(tries = 2_000)
    void whatIsStoredDependsOnTheContentOfTheStreamAlone(@ForAll long seed) {
        LoopRig straight = new LoopRig(randomStream(new Random(seed)));
        straight.loop.run();

        Random random = new Random(seed ^ 0x5DEECE66DL);
        FakeShard shard = randomStream(new Random(seed)).answering(() -> random.nextInt(4));
        if (random.nextBoolean()) {
            shard.failing("away");
        }
        LoopRig broken = new LoopRig(shard, randomFaults(random));
        broken.loop.run();

        Statistics.label("anomalies")
                .collect(Math.min(5, straight.stored().anomalies().size()));
        Statistics.label("fenced").collect(broken.meter.fenced > 0);
        assertEquals(straight.stored(), broken.stored());
    }

    @Property(tries = 500)
    void aNewProcessGoesOnWhereTheOldOneWas(@ForAll long seed) {
        LoopRig straight = new LoopRig(randomStream(new Random(seed)));
        straight.loop.run();

        Random random = new Random(seed);
        FakeShard shard = randomStream(new Random(seed)).answering(() -> 1);
        LoopRig first = new LoopRig(shard);
        first.waits.stopInPause(1 + random.nextInt(8));
        first.loop.run();
        LoopRig second = new LoopRig(shard, first.content);
        second.loop.run();

        assertEquals(straight.stored(), second.stored());
    }

    /** A state that is written down while its shard is still fed again is clean from then on: nobody tells of its anomaly later. */
    @Example
    void whatIsWrittenDownWhileItIsFedAgainBringsItsAnomalyAlong() {
        DetectionHistory straight = new DetectionHistory(-21_176);
        straight.straight();
        DetectionHistory disturbed = new DetectionHistory(-21_176);
        disturbed.disturbed();

        assertEquals(straight.content.stored(), disturbed.content.stored());
    }

    /** To the id and to the course, silences included, whoever reads it and whenever the rules are others. */
    @Property(tries = 2_000)
    void theAnomaliesOfAStreamDoNotDependOnWhoReadsItNorHowOften(@ForAll long seed) {
        DetectionHistory straight = new DetectionHistory(seed);
        straight.straight();
        DetectionHistory disturbed = new DetectionHistory(seed);
        disturbed.disturbed();

        Statistics.label("anomalies")
                .collect(Math.min(8, straight.content.stored().anomalies().size()));
        Statistics.label("silences")
                .collect(straight.content.stored().anomalies().values().stream()
                        .anyMatch(anomaly -> anomaly.condition().equals("silent")));
        Statistics.label("processes").collect(Math.min(6, disturbed.processes));
        Statistics.label("fed again").collect(disturbed.refed > 0);
        assertEquals(straight.content.stored(), disturbed.content.stored());
    }
}
