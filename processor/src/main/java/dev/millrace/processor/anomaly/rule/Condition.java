package dev.millrace.processor.anomaly.rule;

import dev.millrace.core.config.DurationText;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a rule looks for. A condition judges; it remembers nothing: what it needs of a series' past is that series' state. All
 * durations here are microseconds.
 */
public sealed interface Condition {

    ConditionKind kind();

    /** For how long it must hold before an anomaly opens, and must not before it closes. */
    default Delay delay() {
        return Delay.NONE;
    }

    /** What befell, in a few words that go behind a metric's name. */
    String words();

    /**
     * Of which form the state of a series is that this condition looks at. One of another form cannot go on: a window of 100
     * values is none of 50.
     */
    default int shape() {
        return 0;
    }

    /** On and off delay (debounce). */
    record Delay(long on, long off) {

        public static final Delay NONE = new Delay(0, 0);

        public Delay {
            if (on < 0 || off < 0) {
                throw new IllegalArgumentException("a delay must not be negative");
            }
        }
    }

    /** A condition on a number that is made of a value and of those before it: its measure. */
    sealed interface Measured extends Condition {

        /** Whether the measure is one of an anomaly. */
        boolean isBreachedBy(double measure);

        /** Whether the measure ends an anomaly; one that neither breaches nor clears keeps things as they are (hysteresis). */
        default boolean isClearedBy(double measure) {
            return !isBreachedBy(measure);
        }

        /** How far beyond the limit the measure is, at least 0. Counted from the limit, for the zero of °C or dB says nothing. */
        double excess(double measure);

        /** Whether one measure is more extreme than another. */
        default boolean isWorse(double measure, double than) {
            return measure > than;
        }
    }

    /** A value greater than the limit; closes below {@code clearBelow}, or where there is none when it is not greater. */
    record Above(double limit, OptionalDouble clearBelow, Delay delay) implements Measured {

        public Above {
            requireFinite(limit);
            if (clearBelow.isPresent() && !(clearBelow.getAsDouble() <= limit)) {
                throw new IllegalArgumentException("clearBelow must not be greater than above");
            }
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.ABOVE;
        }

        @Override
        public boolean isBreachedBy(double value) {
            return value > limit;
        }

        @Override
        public boolean isClearedBy(double value) {
            return clearBelow.isPresent() ? value < clearBelow.getAsDouble() : value <= limit;
        }

        @Override
        public double excess(double value) {
            return distance(value, limit);
        }

        @Override
        public String words() {
            return "above " + written(limit);
        }
    }

    /** A value less than the limit; closes above {@code clearAbove}, or where there is none when it is not less. */
    record Below(double limit, OptionalDouble clearAbove, Delay delay) implements Measured {

        public Below {
            requireFinite(limit);
            if (clearAbove.isPresent() && !(clearAbove.getAsDouble() >= limit)) {
                throw new IllegalArgumentException("clearAbove must not be less than below");
            }
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.BELOW;
        }

        @Override
        public boolean isBreachedBy(double value) {
            return value < limit;
        }

        @Override
        public boolean isClearedBy(double value) {
            return clearAbove.isPresent() ? value > clearAbove.getAsDouble() : value >= limit;
        }

        @Override
        public double excess(double value) {
            return distance(limit, value);
        }

        @Override
        public boolean isWorse(double value, double than) {
            return value < than;
        }

        @Override
        public String words() {
            return "below " + written(limit);
        }
    }

    /** A change between neighbours, up or down, of more than {@code limit} for each {@code unit} of the time between them. */
    record Rate(double limit, RateUnit unit, Delay delay) implements Measured {

        public Rate {
            requirePositive(limit);
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.RATE;
        }

        @Override
        public boolean isBreachedBy(double rate) {
            return rate > limit;
        }

        @Override
        public double excess(double rate) {
            return distance(rate, limit);
        }

        @Override
        public String words() {
            return "changes by more than " + written(limit) + " per "
                    + unit.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public int shape() {
            return unit.seconds();
        }
    }

    /** The unit of time of a rate. */
    enum RateUnit {
        SECOND(1),
        MINUTE(60),
        HOUR(3_600);

        private final int seconds;

        RateUnit(int seconds) {
            this.seconds = seconds;
        }

        public int seconds() {
            return seconds;
        }
    }

    /** The very same value for this long; the measure is its seconds. */
    record Flat(long micros) implements Measured {

        public Flat {
            requirePositive((double) micros);
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.FLAT;
        }

        @Override
        public boolean isBreachedBy(double seconds) {
            return seconds >= micros / 1e6;
        }

        @Override
        public double excess(double seconds) {
            return distance(seconds, micros / 1e6);
        }

        @Override
        public String words() {
            return "unchanged for " + written(micros);
        }
    }

    /**
     * More than {@code by} robust standard deviations from the median of the last {@code window} values: median absolute deviation
     * in place of variance, so that what is looked for does not hide itself (Hampel 1974; Iglewicz and Hoaglin 1993).
     */
    record Deviates(double by, int window, Delay delay) implements Measured {

        public static final int MIN_WINDOW = 10;
        public static final int MAX_WINDOW = 500;
        public static final int DEFAULT_WINDOW = 100;

        public Deviates {
            requirePositive(by);
            if (window < MIN_WINDOW || window > MAX_WINDOW) {
                throw new IllegalArgumentException("a window must hold from 10 to 500 values");
            }
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.DEVIATES;
        }

        @Override
        public boolean isBreachedBy(double z) {
            return z > by;
        }

        @Override
        public double excess(double z) {
            return distance(z, by);
        }

        @Override
        public String words() {
            return "deviates from its last " + window + " values";
        }

        @Override
        public int shape() {
            return window;
        }
    }

    /** A score of the adaptive detector of at least the threshold. */
    record Unusual(double threshold, Delay delay) implements Measured {

        public Unusual {
            if (!(threshold > 0 && threshold <= 1) || delay.on() != 0) {
                throw new IllegalArgumentException("a threshold must be above 0 and at most 1, without an on delay");
            }
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.UNUSUAL;
        }

        @Override
        public boolean isBreachedBy(double score) {
            return score >= threshold;
        }

        @Override
        public double excess(double score) {
            return distance(score, threshold);
        }

        @Override
        public String words() {
            return "unusual";
        }
    }

    /** No value for this long. */
    record Silent(long micros) implements Condition {

        public Silent {
            requirePositive((double) micros);
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.SILENT;
        }

        @Override
        public String words() {
            return "silent for " + written(micros);
        }
    }

    /** One of these texts. */
    record State(Set<String> states, Delay delay) implements Condition {

        public State {
            states = Set.copyOf(states);
            if (states.isEmpty()) {
                throw new IllegalArgumentException("there must be a state");
            }
        }

        @Override
        public ConditionKind kind() {
            return ConditionKind.STATE;
        }

        @Override
        public String words() {
            return "is in a state that must not last";
        }
    }

    private static double distance(double more, double less) {
        return Math.clamp(more - less, 0, Double.MAX_VALUE);
    }

    private static void requireFinite(double limit) {
        if (!Double.isFinite(limit)) {
            throw new IllegalArgumentException("a limit must be finite");
        }
    }

    private static void requirePositive(double limit) {
        requireFinite(limit);
        if (limit <= 0) {
            throw new IllegalArgumentException("a limit must be greater than 0");
        }
    }

    private static String written(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private static String written(long micros) {
        return DurationText.of(Duration.ofMillis(micros / 1_000));
    }
}
