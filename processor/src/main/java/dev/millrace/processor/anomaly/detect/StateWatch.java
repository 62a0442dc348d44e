package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.Condition;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A condition over texts. Numbers mean nothing to it. */
final class StateWatch extends Watch {

    StateWatch(Key key, Phase phase) {
        super(key, phase);
    }

    void text(BoundCondition bound, SeriesId id, long at, long arrivedAt, String text, Detection found) {
        if (!(bound.condition() instanceof Condition.State condition)) {
            throw new IllegalStateException(bound.condition() + " is about no states");
        }
        Phase next = condition.states().contains(text)
                ? phase().breached(bound, at, arrivedAt, 0)
                : phase().cleared(bound, at);
        become(next, bound, id, at, arrivedAt, 0, Optional.of(text), found);
    }

    @Override
    StateWatch copy() {
        return new StateWatch(key(), phase());
    }

    @Override
    boolean isFresh() {
        return phase().equals(Phase.Quiet.NEW);
    }

    @Override
    void writeMemory(ByteBuffer to) {
        // nothing but the phase
    }

    @Override
    int maxMemoryBytes() {
        return 0;
    }
}
