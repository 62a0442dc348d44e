package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.Condition.Measured;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A condition over numbers: a gauge measures each, the phase follows from the measure. Texts mean nothing to it. */
final class NumberWatch extends Watch {

    private final Gauge gauge;

    NumberWatch(Key key, Phase phase, Gauge gauge) {
        super(key, phase);
        this.gauge = gauge;
    }

    void value(BoundCondition bound, SeriesId id, long at, long arrivedAt, double value, Detection found) {
        if (!(bound.condition() instanceof Measured condition)) {
            throw new IllegalStateException(bound.condition() + " measures nothing");
        }
        double measure = gauge.measure(at, value);
        Phase phase = phase();
        Phase next;
        if (condition.isBreachedBy(measure)) {
            next = phase.breached(bound, at, arrivedAt, measure);
        } else if (condition.isClearedBy(measure)) {
            next = phase.cleared(bound, at);
        } else {
            next = phase.between(bound, at);
        }
        if (next != phase) {
            become(next, bound, id, at, arrivedAt, value, Optional.empty(), found);
        }
    }

    @Override
    NumberWatch copy() {
        return new NumberWatch(key(), phase(), gauge.copy());
    }

    @Override
    boolean isFresh() {
        return phase().equals(Phase.Quiet.NEW) && gauge.isFresh();
    }

    @Override
    void writeMemory(ByteBuffer to) {
        gauge.write(to);
    }

    @Override
    int maxMemoryBytes() {
        return gauge.maxBytes();
    }
}
