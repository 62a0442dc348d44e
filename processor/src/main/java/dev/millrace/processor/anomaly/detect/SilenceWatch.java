package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Phase.Last;
import dev.millrace.processor.anomaly.detect.Phase.Open;
import dev.millrace.processor.anomaly.detect.Phase.Quiet;
import dev.millrace.processor.anomaly.rule.Condition;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A condition over arrivals. A silence opens at the last arrival and as long as the rule says, whether the passing of time shows it
 * or only the arrival that ends it: what is found does not depend on when somebody looked.
 */
final class SilenceWatch extends Watch {

    /** The due time of what need not be looked at. */
    static final long NEVER = Long.MAX_VALUE;

    /** Whether a value arrived since the rule came: what was silent before is not this rule's. */
    private boolean armed;

    SilenceWatch(Key key, Phase phase, boolean armed) {
        super(key, phase);
        this.armed = armed;
    }

    /** A value: ends a silence, also one that nobody noticed. */
    void arrival(BoundCondition bound, SeriesId id, long lastArrival, long arrivedAt, Detection found) {
        pass(bound, id, lastArrival, arrivedAt, found);
        armed = true;
        if (phase() instanceof Open open) {
            // the peak grows here alone, so that it does not depend on who looked when
            double seconds = (arrivedAt - lastArrival) / 1e6;
            Open whole = new Open(open.openedAt(), seconds, 0, open.arrivedAt(), OptionalLong.empty());
            become(whole, bound, id, arrivedAt, arrivedAt, 0, Optional.empty(), found);
            Phase rest = Phase.rest(whole, bound, arrivedAt);
            become(rest, bound, id, arrivedAt, arrivedAt, 0, Optional.empty(), found);
        }
    }

    /** That nothing arrived up to a stream time. */
    void pass(BoundCondition bound, SeriesId id, long lastArrival, long streamTime, Detection found) {
        long due = dueAt(bound, lastArrival);
        if (due <= streamTime) {
            Open open = new Open(due, (due - lastArrival) / 1e6, 0, due, OptionalLong.empty());
            become(open, bound, id, due, due, 0, Optional.empty(), found);
        }
    }

    /** The stream time at which a silence opens; {@link #NEVER} where none can. */
    long dueAt(BoundCondition bound, long lastArrival) {
        if (!(bound.condition() instanceof Condition.Silent(long micros))) {
            throw new IllegalStateException(bound.condition() + " is about no silence");
        }
        if (!armed || isOpen()) {
            return NEVER;
        }
        long due = lastArrival + micros;
        return phase() instanceof Quiet(Optional<Last> last) && last.isPresent()
                ? Math.max(due, bound.rested(last.get()))
                : due;
    }

    @Override
    SilenceWatch copy() {
        return new SilenceWatch(key(), phase(), armed);
    }

    @Override
    boolean isFresh() {
        return !armed && phase().equals(Quiet.NEW);
    }

    @Override
    void writeMemory(ByteBuffer to) {
        to.put((byte) (armed ? 1 : 0));
    }

    @Override
    int maxMemoryBytes() {
        return 1;
    }
}
