package dev.millrace.processor.anomaly;

import dev.millrace.core.reading.Measurement;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds anomalies. A series is fed strictly forward in timestamp, in the order of the stream; what comes late or again is not
 * fed. Edge-triggered: the first value that breaches a rule opens an anomaly, the first after it that does not closes it.
 * What is found depends on the stream's content alone, not on how it was cut into batches.
 *
 * <p>That the value before breached a rule is the same as that the rule's anomaly is open, and so the open anomalies are all
 * the state there is besides the last timestamp. A rule that changes takes effect with the next value; so does
 * one that is gone, whose anomaly nothing else would ever close.
 */
public final class Detector {

    private final RuleSet rules;

    public Detector(RuleSet rules) {
        this.rules = rules;
    }

    /** A series in memory, between two commits ahead of what is stored. Not thread-safe. */
    public static final class Series {

        private long lastAt;
        private final List<String> openRules;

        public Series(SeriesState state) {
            lastAt = state.lastAt();
            openRules = new ArrayList<>(state.openRules());
        }
    }

    /**
     * Feeds one value.
     *
     * @param at its timestamp, microseconds since 1970
     * @param found gets the anomalies that it opens and closes
     * @return whether it was fed, being later than all before it
     */
    public boolean feed(SeriesId id, Series series, long at, Measurement measurement, Detection found) {
        if (at <= series.lastAt) {
            return false;
        }
        series.lastAt = at;
        closeRulesThatAreGone(id, series, at, found);
        switch (measurement) {
            case Measurement.Numeric(String _, double value) -> feedNumber(id, series, at, value, found);
            case Measurement.State _ -> {
                // no rule looks at texts
            }
        }
        return true;
    }

    private void closeRulesThatAreGone(SeriesId id, Series series, long at, Detection found) {
        if (series.openRules.isEmpty()) {
            return;
        }
        List<Rule> present = rules.of(id.metric());
        series.openRules.removeIf(name -> {
            boolean gone = present.stream().noneMatch(rule -> rule.name().equals(name));
            if (gone) {
                found.close(name, id, at);
            }
            return gone;
        });
    }

    private void feedNumber(SeriesId id, Series series, long at, double value, Detection found) {
        for (Rule rule : rules.of(id.metric())) {
            boolean open = series.openRules.contains(rule.name());
            boolean breached = rule.isBreachedBy(value);
            if (breached && !open) {
                found.open(rule, id, at, value);
                series.openRules.add(rule.name());
            } else if (!breached && open) {
                found.close(rule.name(), id, at);
                series.openRules.remove(rule.name());
            }
        }
    }
}
