package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Puts records into a stream: aggregates of few sensors at few instants, so that late, repeated and contradicting values are
 * the rule; some that hold another shard's keys, some that are no readings, some that cannot be stored.
 */
final class Producers {

    private static final int SENSORS = 12;
    private static final int REMEMBERED = 20;

    private final Scheduler scheduler;
    private final SimulatedStream stream;
    private final RandomGenerator random;
    private final long meanMillis;
    private final Map<String, HashKey> sensors = new LinkedHashMap<>();
    private final List<Reading> sent = new ArrayList<>();
    private boolean on = true;
    private int unstorable;

    /** @param meanMillis between two records */
    Producers(Scheduler scheduler, SimulatedStream stream, RandomGenerator random, long meanMillis) {
        this.scheduler = scheduler;
        this.stream = stream;
        this.random = random;
        this.meanMillis = meanMillis;
        for (int i = 0; i < SENSORS; i++) {
            String sensorId = "oven-" + i;
            sensors.put(sensorId, HashKey.ofPartitionKey(sensorId));
        }
    }

    void start() {
        if (on) {
            put();
            scheduler.after(TimeUnit.MILLISECONDS.toNanos(1 + random.nextLong(2 * meanMillis)), this::start);
        }
    }

    void stop() {
        on = false;
    }

    private void put() {
        List<SimulatedStream.Shard> open = stream.open();
        SimulatedStream.Shard shard = open.get(random.nextInt(open.size()));
        List<String> own = sensors.entrySet().stream()
                .filter(sensor -> shard.info.range().contains(sensor.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        int kind = random.nextInt(30);
        if (kind == 0 || own.isEmpty()) {
            stream.put(shard, "junk-" + random.nextInt(100), "{\"sensorId\":".getBytes(StandardCharsets.UTF_8));
            return;
        }
        // one in thirty is an aggregate from before a reshard, or looks like one
        List<String> from = kind == 1 ? List.copyOf(sensors.keySet()) : own;
        AggregateBuilder builder = new AggregateBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            Reading reading = reading(from);
            builder.add(reading.sensorId(), ReadingEncoder.encode(reading));
        }
        stream.put(shard, own.getFirst(), builder.build());
    }

    private Reading reading(List<String> from) {
        String sensorId = from.get(random.nextInt(from.size()));
        List<Reading> again = sent.stream()
                .filter(reading -> reading.sensorId().equals(sensorId))
                .toList();
        if (!again.isEmpty() && random.nextInt(6) == 0) {
            return again.get(random.nextInt(again.size()));
        }
        // quarters of a second, a little back and forth
        long at = (stream.micros() / 250_000 - random.nextInt(8)) * 250_000;
        if (random.nextInt(200) == 0) {
            // at an instant of its own: what repeats a value is not written, and so not refused
            Measurement status = new Measurement.State("status", SimulatedDatabase.UNSTORABLE);
            return remember(new Reading(sensorId, at + ++unstorable, List.of(status)));
        }
        Measurement temperature = new Measurement.Numeric("temperature", 80 + random.nextInt(20));
        Measurement status = new Measurement.State("status", random.nextBoolean() ? "RUNNING" : "IDLE");
        return remember(new Reading(
                sensorId, at, random.nextInt(3) == 0 ? List.of(temperature, status) : List.of(temperature)));
    }

    private Reading remember(Reading reading) {
        sent.add(reading);
        if (sent.size() > REMEMBERED) {
            sent.removeFirst();
        }
        return reading;
    }
}
