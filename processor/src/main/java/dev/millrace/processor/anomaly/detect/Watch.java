package dev.millrace.processor.anomaly.detect;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.detect.Phase.Open;
import dev.millrace.processor.anomaly.detect.Phase.Quiet;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One condition's state machine over one series: its phase, and what it remembers. Not thread-safe. */
abstract sealed class Watch permits NumberWatch, StateWatch, SilenceWatch {

    private final Key key;
    private Phase phase;

    Watch(Key key, Phase phase) {
        this.key = key;
        this.phase = phase;
    }

    /** The state machine of a series that has no value yet. */
    static Watch fresh(Key key) {
        return switch (key.kind()) {
            case ABOVE, BELOW, RATE, FLAT, DEVIATES, UNUSUAL -> new NumberWatch(key, Quiet.NEW, Gauge.fresh(key));
            case SILENT -> new SilenceWatch(key, Quiet.NEW, false);
            case STATE -> new StateWatch(key, Quiet.NEW);
        };
    }

    /** The state machine that {@link #write} wrote. */
    static Watch read(Key key, ByteBuffer from) {
        Phase phase = Phase.read(from);
        return switch (key.kind()) {
            case ABOVE, BELOW, RATE, FLAT, DEVIATES, UNUSUAL -> new NumberWatch(key, phase, Gauge.read(key, from));
            case SILENT -> new SilenceWatch(key, phase, from.get() != 0);
            case STATE -> new StateWatch(key, phase);
        };
    }

    final void write(ByteBuffer to) {
        phase.write(to);
        writeMemory(to);
    }

    final int maxBytes() {
        return Phase.MAX_BYTES + maxMemoryBytes();
    }

    /** What it remembers besides its phase. */
    abstract void writeMemory(ByteBuffer to);

    abstract int maxMemoryBytes();

    /** Whether there is nothing to store: it is as good as a new one. */
    abstract boolean isFresh();

    abstract Watch copy();

    final Key key() {
        return key;
    }

    final Phase phase() {
        return phase;
    }

    final boolean isOpen() {
        return phase instanceof Open;
    }

    /** The anomaly that is open. */
    final Optional<Open> open() {
        return phase instanceof Open open ? Optional.of(open) : Optional.empty();
    }

    /**
     * The next value of the series, strictly later than all before it.
     *
     * @param lastArrival when the value before it arrived
     * @param arrivedAt not before that
     */
    final void feed(
            BoundCondition bound,
            SeriesId id,
            long at,
            long lastArrival,
            long arrivedAt,
            Measurement measurement,
            Detection found) {
        switch (this) {
            case NumberWatch numbers -> {
                if (measurement instanceof Measurement.Numeric(String _, double value)) {
                    numbers.value(bound, id, at, arrivedAt, value, found);
                }
            }
            case StateWatch states -> {
                if (measurement instanceof Measurement.State(String _, String text)) {
                    states.text(bound, id, at, arrivedAt, text, found);
                }
            }
            case SilenceWatch silence -> silence.arrival(bound, id, lastArrival, arrivedAt, found);
        }
    }

    /** Goes to the phase after a reading, and tells what this opens or closes. */
    final void become(
            Phase next,
            BoundCondition bound,
            SeriesId id,
            long at,
            long arrivedAt,
            double value,
            Optional<String> text,
            Detection found) {
        Phase before = phase;
        phase = next;
        if (next instanceof Open opened && !(before instanceof Open)) {
            found.open(bound.anomaly(id, opened.openedAt(), opened.arrivedAt(), value, text), this::course);
        } else if (before instanceof Open open && !(next instanceof Open)) {
            tellEnd(open, id, Optional.of(bound.rule().severity()), at, arrivedAt, found);
        }
    }

    /**
     * Ends what is open, for its condition is gone.
     *
     * @param at the timestamp of the latest value
     * @param arrivedAt the stream time, by which a silence counts
     */
    final void end(SeriesId id, long at, long arrivedAt, Detection found) {
        if (phase instanceof Open open) {
            tellEnd(open, id, Optional.empty(), this instanceof SilenceWatch ? arrivedAt : at, arrivedAt, found);
        }
    }

    private void tellEnd(
            Open open, SeriesId id, Optional<Severity> severity, long at, long arrivedAt, Detection found) {
        found.close(changed(open, id, severity, open.closed(at, arrivedAt)));
    }

    /** The anomaly that is open, as it stands. */
    final Optional<Detection.Changed> openOf(SeriesId id) {
        return open().map(open -> changed(open, id, Optional.empty(), open.course()));
    }

    private Detection.Changed changed(Open open, SeriesId id, Optional<Severity> severity, Course course) {
        return new Detection.Changed(
                Anomaly.idOf(key.rule(), key.kind(), id, open.openedAt()), id, key.kind(), severity, course);
    }

    private Course course() {
        return open().orElseThrow().course();
    }
}
