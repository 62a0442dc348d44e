package dev.millrace.processor.anomaly.rule;

import static dev.millrace.processor.anomaly.rule.RuleFields.ABOVE;
import static dev.millrace.processor.anomaly.rule.RuleFields.ALERTS_PER_HOUR;
import static dev.millrace.processor.anomaly.rule.RuleFields.BELOW;
import static dev.millrace.processor.anomaly.rule.RuleFields.CLEAR_ABOVE;
import static dev.millrace.processor.anomaly.rule.RuleFields.CLEAR_BELOW;
import static dev.millrace.processor.anomaly.rule.RuleFields.CLEAR_FOR;
import static dev.millrace.processor.anomaly.rule.RuleFields.DEVIATES;
import static dev.millrace.processor.anomaly.rule.RuleFields.FLAT_FOR;
import static dev.millrace.processor.anomaly.rule.RuleFields.FOR;
import static dev.millrace.processor.anomaly.rule.RuleFields.MESSAGE;
import static dev.millrace.processor.anomaly.rule.RuleFields.METRIC;
import static dev.millrace.processor.anomaly.rule.RuleFields.NAME;
import static dev.millrace.processor.anomaly.rule.RuleFields.RATE_ABOVE;
import static dev.millrace.processor.anomaly.rule.RuleFields.REFIRE;
import static dev.millrace.processor.anomaly.rule.RuleFields.REFRACTORY;
import static dev.millrace.processor.anomaly.rule.RuleFields.SENSORS;
import static dev.millrace.processor.anomaly.rule.RuleFields.SEVERITY;
import static dev.millrace.processor.anomaly.rule.RuleFields.SILENT_FOR;
import static dev.millrace.processor.anomaly.rule.RuleFields.STATE;
import static dev.millrace.processor.anomaly.rule.RuleFields.UNUSUAL;

import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.rule.Condition.Above;
import dev.millrace.processor.anomaly.rule.Condition.Below;
import dev.millrace.processor.anomaly.rule.Condition.Delay;
import dev.millrace.processor.anomaly.rule.Condition.Deviates;
import dev.millrace.processor.anomaly.rule.Condition.Flat;
import dev.millrace.processor.anomaly.rule.Condition.Rate;
import dev.millrace.processor.anomaly.rule.Condition.Silent;
import dev.millrace.processor.anomaly.rule.Condition.State;
import dev.millrace.processor.anomaly.rule.Condition.Unusual;
import dev.millrace.processor.yaml.Field;
import dev.millrace.processor.yaml.Problems;
import dev.millrace.processor.yaml.Values;
import dev.millrace.processor.yaml.Yaml;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the rules of one file, and tells what contradicts itself. */
final class RuleReader {

    private static final long DEFAULT_REFRACTORY = 600_000_000L;
    private static final double DEFAULT_REFIRE = 0.25;
    private static final int DEFAULT_ALERTS_PER_HOUR = 20;

    private final Problems problems;
    private final Set<String> names = new HashSet<>();

    RuleReader(Problems problems) {
        this.problems = problems;
    }

    /** The rule; nothing where it has a problem, which is noted. */
    Optional<Rule> read(Yaml node) {
        int before = problems.count();
        Optional<Values> fields = Values.of(node, "a rule", RuleFields.ALL, problems);
        if (fields.isEmpty()) {
            return Optional.empty();
        }
        Values values = fields.get();
        Optional<String> name = values.read(NAME);
        if (name.isPresent() && !names.add(name.get())) {
            values.note(NAME, "another rule has this name");
        }
        Optional<Severity> severity = values.read(SEVERITY);
        Optional<Globs> metrics = values.read(METRIC).map(Globs::new);
        Globs sensors = values.read(SENSORS).map(Globs::new).orElse(Globs.ALL);
        Optional<String> message = values.read(MESSAGE);
        List<Condition> conditions = conditions(values);
        Refractory refractory = new Refractory(
                values.read(REFRACTORY).orElse(DEFAULT_REFRACTORY),
                values.read(REFIRE).orElse(DEFAULT_REFIRE));
        int alertsPerHour = values.read(ALERTS_PER_HOUR).orElse(DEFAULT_ALERTS_PER_HOUR);
        if (problems.count() > before || name.isEmpty() || severity.isEmpty() || metrics.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Rule(
                name.get(), severity.get(), metrics.get(), sensors, message, alertsPerHour, refractory, conditions));
    }

    private List<Condition> conditions(Values values) {
        if (RuleFields.CONDITIONS.stream().noneMatch(values::has)) {
            values.note("a rule must have a condition: " + names(RuleFields.CONDITIONS));
        }
        Delay delay = delay(values);
        List<Condition> conditions = new ArrayList<>();
        Optional<Double> above = values.read(ABOVE);
        Optional<Double> below = values.read(BELOW);
        Optional<Double> clearBelow = clear(values, CLEAR_BELOW, ABOVE);
        Optional<Double> clearAbove = clear(values, CLEAR_ABOVE, BELOW);
        if (areConsistent(values, above, clearBelow, below, clearAbove)) {
            above.ifPresent(limit -> conditions.add(new Above(limit, optional(clearBelow), delay)));
            below.ifPresent(limit -> conditions.add(new Below(limit, optional(clearAbove), delay)));
        }
        values.read(RATE_ABOVE).ifPresent(rate -> conditions.add(new Rate(rate.limit(), rate.unit(), delay)));
        values.read(FLAT_FOR).ifPresent(micros -> conditions.add(new Flat(micros)));
        values.read(SILENT_FOR).ifPresent(micros -> conditions.add(new Silent(micros)));
        values.read(DEVIATES)
                .ifPresent(deviation -> conditions.add(new Deviates(deviation.by(), deviation.window(), delay)));
        values.read(UNUSUAL).ifPresent(threshold -> conditions.add(new Unusual(threshold, new Delay(0, delay.off()))));
        values.read(STATE).ifPresent(states -> conditions.add(new State(Set.copyOf(states), delay)));
        return conditions;
    }

    private static Delay delay(Values values) {
        long on = values.read(FOR).orElse(0L);
        long off = values.read(CLEAR_FOR).orElse(on);
        if (values.has(FOR) && RuleFields.DELAYED.stream().noneMatch(values::has)) {
            values.note(RuleFields.FOR, "for fits none of the rule's conditions, but " + names(RuleFields.DELAYED));
        }
        if (values.has(CLEAR_FOR) && RuleFields.KEPT_OPEN.stream().noneMatch(values::has)) {
            values.note(CLEAR_FOR, "clearFor fits none of the rule's conditions, but " + names(RuleFields.KEPT_OPEN));
        }
        return new Delay(on, off);
    }

    private static Optional<Double> clear(Values values, Field<Double> clear, Field<Double> limit) {
        if (values.has(clear) && !values.has(limit)) {
            values.note(clear, clear.name() + " needs " + limit.name());
        }
        return values.read(clear);
    }

    /** Whether one value can be good: it lies within both limits, and both clear limits within these. */
    private static boolean areConsistent(
            Values values,
            Optional<Double> above,
            Optional<Double> clearBelow,
            Optional<Double> below,
            Optional<Double> clearAbove) {
        boolean consistent = true;
        if (isNotLess(below, above)) {
            values.note(BELOW, "below must be less than above");
            consistent = false;
        }
        if (isGreater(clearBelow, above)) {
            values.note(CLEAR_BELOW, "clearBelow must not be greater than above: it would close what is open at once");
            consistent = false;
        } else if (isNotLess(below, clearBelow)) {
            values.note(CLEAR_BELOW, "clearBelow must be greater than below");
            consistent = false;
        }
        if (isGreater(below, clearAbove)) {
            values.note(CLEAR_ABOVE, "clearAbove must not be less than below: it would close what is open at once");
            consistent = false;
        } else if (isNotLess(clearAbove, above)) {
            values.note(CLEAR_ABOVE, "clearAbove must be less than above");
            consistent = false;
        }
        return consistent;
    }

    private static boolean isGreater(Optional<Double> one, Optional<Double> other) {
        return one.isPresent() && other.isPresent() && one.get() > other.get();
    }

    private static boolean isNotLess(Optional<Double> one, Optional<Double> other) {
        return one.isPresent() && other.isPresent() && one.get() >= other.get();
    }

    private static OptionalDouble optional(Optional<Double> value) {
        return value.isPresent() ? OptionalDouble.of(value.get()) : OptionalDouble.empty();
    }

    private static String names(List<Field<?>> fields) {
        return fields.stream().map(Field::name).collect(Collectors.joining(", "));
    }
}
