package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.rule.Condition.Deviates;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.nio.ByteBuffer;

/**
 * What makes the measure of a condition from a value and what it remembers of those before. Values are finite and come strictly
 * forward in time; measures are finite.
 */
sealed interface Gauge {

    /** The measure of the next value. */
    double measure(long at, double value);

    /** Whether nothing is remembered, so that there is nothing to store. */
    boolean isFresh();

    Gauge copy();

    /** How many bytes {@link #write} writes at most. */
    int maxBytes();

    void write(ByteBuffer to);

    /** The gauge of a key, before any value. */
    static Gauge fresh(Key key) {
        return switch (key.kind()) {
            case ABOVE, BELOW -> ItsValue.INSTANCE;
            case RATE -> new Change(key.shape());
            case FLAT -> new Sameness();
            case DEVIATES -> new Deviation(new Window(key.shape()));
            case UNUSUAL -> new Score(new AdaptiveDetector());
            case SILENT, STATE -> throw new IllegalArgumentException(key.kind() + " has no measure");
        };
    }

    /** The gauge of a key that {@link #write} wrote. */
    static Gauge read(Key key, ByteBuffer from) {
        return switch (key.kind()) {
            case RATE -> Change.read(key.shape(), from);
            case FLAT -> Sameness.read(from);
            case DEVIATES -> new Deviation(Window.read(key.shape(), from));
            case UNUSUAL -> Score.read(from);
            case ABOVE, BELOW, SILENT, STATE -> fresh(key);
        };
    }

    /** Of {@link ConditionKind#ABOVE} and {@link ConditionKind#BELOW}. */
    enum ItsValue implements Gauge {
        INSTANCE;

        @Override
        public double measure(long at, double value) {
            return value;
        }

        @Override
        public boolean isFresh() {
            return true;
        }

        @Override
        public Gauge copy() {
            return this;
        }

        @Override
        public int maxBytes() {
            return 0;
        }

        @Override
        public void write(ByteBuffer to) {
            // nothing is remembered
        }
    }

    /**
     * How fast the value changed since the one before, up or down, for a unit of time. However far the two are apart: somewhere
     * between them it changed at least as fast as it did on the average.
     */
    final class Change implements Gauge {

        private final int unitSeconds;
        private boolean known;
        private long lastAt;
        private double last;

        Change(int unitSeconds) {
            if (unitSeconds <= 0) {
                throw new IllegalArgumentException("no unit of time");
            }
            this.unitSeconds = unitSeconds;
        }

        @Override
        public double measure(long at, double value) {
            double rate = 0;
            if (known) {
                double change = Math.min(Math.abs(value - last), Double.MAX_VALUE);
                rate = Math.min(change / ((at - lastAt) / 1e6 / unitSeconds), Double.MAX_VALUE);
            }
            known = true;
            lastAt = at;
            last = value;
            return rate;
        }

        @Override
        public boolean isFresh() {
            return !known;
        }

        @Override
        public Gauge copy() {
            Change copy = new Change(unitSeconds);
            copy.known = known;
            copy.lastAt = lastAt;
            copy.last = last;
            return copy;
        }

        @Override
        public int maxBytes() {
            return 1 + Long.BYTES + Double.BYTES;
        }

        @Override
        public void write(ByteBuffer to) {
            to.put((byte) (known ? 1 : 0));
            if (known) {
                to.putLong(lastAt).putDouble(last);
            }
        }

        private static Change read(int unitSeconds, ByteBuffer from) {
            Change change = new Change(unitSeconds);
            change.known = from.get() != 0;
            if (change.known) {
                change.lastAt = from.getLong();
                change.last = from.getDouble();
            }
            return change;
        }
    }

    /** For how many seconds the value has been the very same. */
    final class Sameness implements Gauge {

        private boolean known;
        private long since;
        private double value;

        @Override
        public double measure(long at, double next) {
            if (!known || next != value) {
                known = true;
                since = at;
                value = next;
            }
            return (at - since) / 1e6;
        }

        @Override
        public boolean isFresh() {
            return !known;
        }

        @Override
        public Gauge copy() {
            Sameness copy = new Sameness();
            copy.known = known;
            copy.since = since;
            copy.value = value;
            return copy;
        }

        @Override
        public int maxBytes() {
            return 1 + Long.BYTES + Double.BYTES;
        }

        @Override
        public void write(ByteBuffer to) {
            to.put((byte) (known ? 1 : 0));
            if (known) {
                to.putLong(since).putDouble(value);
            }
        }

        private static Sameness read(ByteBuffer from) {
            Sameness sameness = new Sameness();
            sameness.known = from.get() != 0;
            if (sameness.known) {
                sameness.since = from.getLong();
                sameness.value = from.getDouble();
            }
            return sameness;
        }
    }

    /** How many robust standard deviations the value lies from the median of those before: see {@link Deviates}. */
    record Deviation(Window window) implements Gauge {

        @Override
        public double measure(long at, double value) {
            double z = window.isFull() ? window.deviation(value) : 0;
            window.add(value);
            return z;
        }

        @Override
        public boolean isFresh() {
            return window.isEmpty();
        }

        @Override
        public Gauge copy() {
            return new Deviation(window.copy());
        }

        @Override
        public int maxBytes() {
            return window.maxBytes();
        }

        @Override
        public void write(ByteBuffer to) {
            window.write(to);
        }
    }

    /** How unusual the value is for its series. */
    record Score(AdaptiveDetector detector) implements Gauge {

        @Override
        public double measure(long at, double value) {
            return detector.score(at, value);
        }

        @Override
        public boolean isFresh() {
            return false;
        }

        @Override
        public Gauge copy() {
            ByteBuffer bytes = ByteBuffer.allocate(AdaptiveDetector.MAX_BYTES);
            detector.write(bytes);
            return new Score(AdaptiveDetector.read(bytes.flip()));
        }

        @Override
        public int maxBytes() {
            return AdaptiveDetector.MAX_BYTES;
        }

        @Override
        public void write(ByteBuffer to) {
            detector.write(to);
        }

        private static Score read(ByteBuffer from) {
            return new Score(AdaptiveDetector.read(from));
        }
    }
}
