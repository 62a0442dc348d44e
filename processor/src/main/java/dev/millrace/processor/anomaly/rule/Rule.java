package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is an anomaly of some series.
 *
 * @param name unique among the rules, {@code [a-z0-9-]{1,64}}
 * @param message what to tell people; empty: it is made of the metric and the condition
 * @param alertsPerHour the most messages an hour about this rule; 0: none, its anomalies are only recorded
 * @param conditions at least one, at most one of a kind; each opens anomalies of its own
 */
public record Rule(
        String name,
        Severity severity,
        Globs metrics,
        Globs sensors,
        Optional<String> message,
        int alertsPerHour,
        Refractory refractory,
        List<Condition> conditions) {

    public Rule {
        conditions = List.copyOf(conditions);
        Set<ConditionKind> kinds = new HashSet<>();
        if (conditions.isEmpty() || !conditions.stream().allMatch(condition -> kinds.add(condition.kind()))) {
            throw new IllegalArgumentException("a rule must have a condition, and one of a kind");
        }
    }

    /** Whether the rule is for a metric of a sensor. */
    public boolean isFor(SeriesId series) {
        return metrics.include(series.metric()) && sensors.include(series.sensorId());
    }

    /** What to tell people about an anomaly. */
    public String message(String metricName, Condition condition, Optional<String> text) {
        return message.orElseGet(
                () -> metricName + " " + text.map(state -> "is " + state).orElseGet(condition::words));
    }
}
