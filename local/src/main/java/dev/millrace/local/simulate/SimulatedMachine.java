package dev.millrace.local.simulate;

import dev.millrace.local.simulate.SimulatedReading.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A machine whose temperature, pressure and vibration follow the day and some noise, with a pause now and then and, about
 * every ten minutes, a fault that drives one of the three over its limit. The same seed and the same instants give the same
 * readings.
 *
 * <p>It is a first-order model: each quantity goes a tenth of the way to its target each second.
 */
final class SimulatedMachine {

    /** The limits that a fault exceeds. Vibration: zone D of ISO 10816-3 for large machines on rigid foundations. */
    static final double MAX_TEMPERATURE = 90;

    static final double MAX_PRESSURE = 8;
    static final double MAX_VIBRATION = 7.1;

    private static final double STEP = 0.1;
    private static final double SECONDS_PER_DAY = 86_400;
    /** Probabilities per second of running. */
    private static final double FAULT_PROBABILITY = 1.0 / 600;

    private static final double PAUSE_PROBABILITY = 1.0 / 900;

    /** A kind of machine with the values around which it runs. */
    private enum Kind {
        PRESS(63, 5.6, 2.4),
        PUMP(55, 4.3, 3.0),
        MOTOR(68, 3.2, 2.7),
        COMPRESSOR(72, 6.4, 3.6),
        MIXER(48, 2.1, 1.8);

        private final double temperature;
        private final double pressure;
        private final double vibration;

        Kind(double temperature, double pressure, double vibration) {
            this.temperature = temperature;
            this.pressure = pressure;
            this.vibration = vibration;
        }
    }

    /** What the machine is doing, and for how many more seconds. */
    private sealed interface Phase {

        record Running() implements Phase {}

        record Idle(int left) implements Phase {}

        record Faulty(int left, Quantity quantity, double target) implements Phase {}
    }

    private enum Quantity {
        TEMPERATURE,
        PRESSURE,
        VIBRATION
    }

    private final String id;
    private final Kind kind;
    private final RandomGenerator random;

    private Phase phase = new Phase.Running();
    private double temperature;
    private double pressure;
    private double vibration;

    /**
     * One of a plant's machines.
     *
     * @param number from 0; says which kind it is and what it is called
     */
    SimulatedMachine(int number, long seed) {
        this.kind = List.of(Kind.values()).get(number % Kind.values().length);
        this.id = String.format(Locale.ROOT, "%s-%02d", kind.name().toLowerCase(Locale.ROOT), number + 1);
        // the seeds of neighbours differ in more than their last bits
        this.random = new SplittableRandom(new SplittableRandom(seed + number).nextLong());
        this.temperature = kind.temperature;
        this.pressure = kind.pressure;
        this.vibration = kind.vibration;
    }

    String id() {
        return id;
    }

    /** Goes on by a second and measures. */
    SimulatedReading measure(Instant now) {
        phase = next();
        double day = Math.sin(2 * Math.PI * (now.getEpochSecond() % SECONDS_PER_DAY) / SECONDS_PER_DAY);
        temperature = approach(temperature, target(Quantity.TEMPERATURE, kind.temperature, 35) + 3 * day, 0.15);
        pressure = approach(pressure, target(Quantity.PRESSURE, kind.pressure, 1) + 0.1 * day, 0.02);
        vibration = approach(vibration, target(Quantity.VIBRATION, kind.vibration, 0.3), 0.04);
        return new SimulatedReading(
                id,
                now.truncatedTo(ChronoUnit.MILLIS),
                hundredths(temperature),
                hundredths(pressure),
                hundredths(vibration),
                status());
    }

    private Phase next() {
        return switch (phase) {
            case Phase.Running _ -> {
                double chance = random.nextDouble();
                if (chance < FAULT_PROBABILITY) {
                    yield fault();
                }
                yield chance < FAULT_PROBABILITY + PAUSE_PROBABILITY ? new Phase.Idle(random.nextInt(60, 180)) : phase;
            }
            case Phase.Idle idle -> idle.left == 0 ? new Phase.Running() : new Phase.Idle(idle.left - 1);
            case Phase.Faulty faulty ->
                faulty.left == 0
                        ? new Phase.Running()
                        : new Phase.Faulty(faulty.left - 1, faulty.quantity, faulty.target);
        };
    }

    private Phase fault() {
        int seconds = random.nextInt(45, 90);
        return switch (List.of(Quantity.values()).get(random.nextInt(Quantity.values().length))) {
            case TEMPERATURE ->
                new Phase.Faulty(
                        seconds, Quantity.TEMPERATURE, random.nextDouble(MAX_TEMPERATURE + 6, MAX_TEMPERATURE + 18));
            case PRESSURE ->
                new Phase.Faulty(seconds, Quantity.PRESSURE, random.nextDouble(MAX_PRESSURE + 1, MAX_PRESSURE + 3));
            case VIBRATION ->
                new Phase.Faulty(seconds, Quantity.VIBRATION, random.nextDouble(MAX_VIBRATION + 1, MAX_VIBRATION + 5));
        };
    }

    /** Where a quantity tends to: its value when running, when idle, or the fault's. */
    private double target(Quantity quantity, double running, double idle) {
        return switch (phase) {
            case Phase.Faulty faulty -> faulty.quantity == quantity ? faulty.target : running;
            case Phase.Idle _ -> idle;
            case Phase.Running _ -> running;
        };
    }

    private Status status() {
        boolean over = temperature > MAX_TEMPERATURE || pressure > MAX_PRESSURE || vibration > MAX_VIBRATION;
        return over ? Status.FAULT : phase instanceof Phase.Idle ? Status.IDLE : Status.RUNNING;
    }

    private double approach(double value, double target, double noise) {
        return Math.max(0, value + STEP * (target - value) + noise * random.nextGaussian());
    }

    private static double hundredths(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
