package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Phase.Last;
import dev.millrace.processor.anomaly.rule.Condition;
import dev.millrace.processor.anomaly.rule.Condition.Measured;
import dev.millrace.processor.anomaly.rule.Rule;
import java.util.Optional;

/** A condition and the rule and version that it stands in: the terms on which a state machine goes on. */
record BoundCondition(Key key, Rule rule, int version, Condition condition) {

    BoundCondition(Rule rule, int version, Condition condition) {
        this(new Key(rule.name(), condition.kind(), condition.shape()), rule, version, condition);
    }

    /**
     * The moment from which on the refractory time of an opening is over.
     *
     * @return microseconds since 1970
     */
    long rested(Last last) {
        return last.openedAt() + rule.refractory().micros();
    }

    /** What is still to be remembered of the last opening. */
    Optional<Last> remembered(Optional<Last> last, long at) {
        return last.isPresent() && at >= rested(last.get()) ? Optional.empty() : last;
    }

    /** Whether the refractory time of the last opening allows another: it is over, or the measure goes clearly further. */
    boolean mayOpen(Optional<Last> last, long at, double measure) {
        if (last.isEmpty() || at >= rested(last.get())) {
            return true;
        }
        return condition instanceof Measured measured
                && measured.excess(measure)
                        > measured.excess(last.get().peak())
                                * (1 + rule.refractory().refire());
    }

    double worse(double measure, double peak) {
        return condition instanceof Measured measured && measured.isWorse(measure, peak) ? measure : peak;
    }

    Anomaly anomaly(SeriesId series, long openedAt, long arrivedAt, double value, Optional<String> text) {
        return new Anomaly(
                Anomaly.idOf(rule.name(), condition.kind(), series, openedAt),
                series,
                rule.name(),
                version,
                condition.kind(),
                rule.severity(),
                rule.message(series.metric(), condition, text),
                rule.alertsPerHour(),
                openedAt,
                arrivedAt,
                value,
                text);
    }
}
