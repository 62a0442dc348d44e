package dev.millrace.processor.anomaly.detect;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds anomalies by rules. A series is fed strictly forward in timestamp, in the order of the stream; what comes late or again
 * changes nothing, so that a stream that is read twice in part makes the same of every series. It has no state of its own: one may
 * serve many threads, each with series of its own.
 */
public final class Detector {

    private static final BoundCondition[] NO_CONDITIONS = {};

    private final RuleSet rules;

    /** Rule by rule. */
    private final List<List<BoundCondition>> conditions;

    public Detector(RuleSet rules) {
        this.rules = rules;
        conditions = rules.rules().stream()
                .map(rule -> rule.conditions().stream()
                        .map(condition -> new BoundCondition(rule, rules.version(), condition))
                        .toList())
                .toList();
    }

    public RuleSet rules() {
        return rules;
    }

    /**
     * Feeds one value.
     *
     * @param at its timestamp, microseconds since 1970
     * @param arrivedAt when it reached the stream, likewise
     * @param found gets the anomalies that it opens and closes
     * @return whether it was fed, being later than all before it; otherwise nothing changed
     */
    public boolean feed(SeriesId id, Series series, long at, long arrivedAt, Measurement measurement, Detection found) {
        if (at <= series.lastAt()) {
            return false;
        }
        if (!series.isBoundTo(rules)) {
            series.bind(rules, conditionsOf(id), id, at, arrivedAt, found);
        }
        series.feed(id, at, arrivedAt, measurement, found);
        return true;
    }

    /**
     * Lets time pass for a series: silences that are due open, and anomalies close whose rule or condition is gone.
     *
     * @param streamTime up to which everything of this series that arrived has been fed, microseconds since 1970
     * @param found gets what this opens and closes
     */
    public void pass(SeriesId id, Series series, long streamTime, Detection found) {
        if (!series.isBoundTo(rules)) {
            series.bind(rules, conditionsOf(id), id, series.lastAt(), streamTime, found);
        }
        series.pass(id, streamTime, found);
    }

    /** Asked once for each series and set of rules: patterns are not for every reading. */
    private BoundCondition[] conditionsOf(SeriesId id) {
        if (!rules.areFor(id.sensorId())) {
            return NO_CONDITIONS;
        }
        List<BoundCondition> applicable = new ArrayList<>();
        for (List<BoundCondition> ofRule : conditions) {
            if (ofRule.getFirst().rule().isFor(id)) {
                applicable.addAll(ofRule);
            }
        }
        return applicable.toArray(BoundCondition[]::new);
    }
}
