package dev.millrace.processor.anomaly.detect;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import dev.millrace.processor.anomaly.rule.Rule;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** Finds anomalies. */
public final class Detector {

    private final RuleSet rules;

    public Detector(RuleSet rules) {
        this.rules = rules;
    }

    public RuleSet rules() {
        return rules;
    }

    /** Feeds a value; false where it is late or repeated, and nothing has changed. */
    public boolean feed(SeriesId id, Series series, long at, long arrivedAt, Measurement measurement, Detection found) {
        if (at <= series.lastAt) {
            return false;
        }
        long arrived = Math.max(arrivedAt, series.lastArrival);
        pass(id, series, arrived, found);
        series.lastAt = at;
        for (Rule rule : rules.rules()) {
            if (rule.appliesTo(id)) {
                Series.Open silent = series.open.remove(new Series.Key(rule.name(), ConditionKind.SILENT));
                if (silent != null) {
                    close(id, silent, arrived, arrived, found);
                }
                if (measurement instanceof Measurement.Numeric(String _, double value)) {
                    rule.above()
                            .ifPresent(limit -> judge(
                                    id, series, rule, ConditionKind.ABOVE, value > limit, at, arrived, value, found));
                    rule.below()
                            .ifPresent(limit -> judge(
                                    id, series, rule, ConditionKind.BELOW, value < limit, at, arrived, value, found));
                }
            }
        }
        series.lastArrival = arrived;
        series.due = due(id, series);
        return true;
    }

    /** Opens the silences that are due, and closes the anomalies of rules that are gone. */
    public void pass(SeriesId id, Series series, long streamTime, Detection found) {
        for (Series.Key key : List.copyOf(series.open.keySet())) {
            if (rules.rules().stream()
                    .noneMatch(rule -> rule.name().equals(key.rule()) && rule.appliesTo(id) && has(rule, key.kind()))) {
                Series.Open gone = series.open.remove(key);
                close(id, gone, streamTime, streamTime, found);
            }
        }
        if (series.lastArrival != Long.MIN_VALUE) {
            for (Rule rule : rules.rules()) {
                Series.Key key = new Series.Key(rule.name(), ConditionKind.SILENT);
                if (rule.appliesTo(id) && rule.silentFor().isPresent() && !series.open.containsKey(key)) {
                    long at = series.lastArrival + rule.silentFor().getAsLong();
                    if (streamTime >= at) {
                        open(id, series, rule, ConditionKind.SILENT, at, at, 0, found);
                    }
                }
            }
        }
        series.due = due(id, series);
    }

    private static boolean has(Rule rule, ConditionKind kind) {
        return switch (kind) {
            case ABOVE -> rule.above().isPresent();
            case BELOW -> rule.below().isPresent();
            case SILENT -> rule.silentFor().isPresent();
            default -> false;
        };
    }

    private OptionalLong due(SeriesId id, Series series) {
        return series.lastArrival == Long.MIN_VALUE
                ? OptionalLong.empty()
                : rules.rules().stream()
                        .filter(rule -> rule.appliesTo(id) && rule.silentFor().isPresent())
                        .filter(rule -> !series.open.containsKey(new Series.Key(rule.name(), ConditionKind.SILENT)))
                        .mapToLong(rule -> series.lastArrival + rule.silentFor().getAsLong())
                        .min();
    }

    private void judge(
            SeriesId id,
            Series series,
            Rule rule,
            ConditionKind kind,
            boolean breached,
            long at,
            long arrived,
            double value,
            Detection found) {
        Series.Key key = new Series.Key(rule.name(), kind);
        Series.Open open = series.open.get(key);
        if (breached && open == null) {
            open(id, series, rule, kind, at, arrived, value, found);
        } else if (breached && open != null) {
            Course before = open.course();
            double peak = kind == ConditionKind.ABOVE ? Math.max(before.peak(), value) : Math.min(before.peak(), value);
            Course course = new Course(OptionalLong.empty(), arrived, peak, before.count() + 1, before.revision());
            series.open.put(key, new Series.Open(open.id(), course));
            found.goesOn(open.id(), id, course);
        } else if (open != null) {
            series.open.remove(key);
            close(id, open, at, arrived, found);
        }
    }

    private void open(
            SeriesId id,
            Series series,
            Rule rule,
            ConditionKind kind,
            long at,
            long arrived,
            double value,
            Detection found) {
        UUID own = UUID.nameUUIDFromBytes(
                (rule.name() + "/" + kind + "/" + id + "/" + at).getBytes(StandardCharsets.UTF_8));
        Course course = new Course(OptionalLong.empty(), arrived, value, 1, 1);
        series.open.put(new Series.Key(rule.name(), kind), new Series.Open(own, course));
        found.open(
                new Anomaly(
                        own,
                        id,
                        rule.name(),
                        rules.version(),
                        kind,
                        rule.severity(),
                        rule.message(),
                        10,
                        at,
                        arrived,
                        value,
                        Optional.empty()),
                course);
    }

    private static void close(SeriesId id, Series.Open open, long at, long arrived, Detection found) {
        Course before = open.course();
        found.goesOn(
                open.id(),
                id,
                new Course(OptionalLong.of(at), arrived, before.peak(), before.count(), before.revision() + 1));
    }
}
