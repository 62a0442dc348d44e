package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.rule.Condition.RateUnit;
import dev.millrace.processor.yaml.Field;
import dev.millrace.processor.yaml.Form;
import dev.millrace.processor.yaml.Forms;
import dev.millrace.processor.yaml.Forms.Decimal;
import dev.millrace.processor.yaml.Forms.ListOf;
import dev.millrace.processor.yaml.Forms.MappingOf;
import dev.millrace.processor.yaml.Forms.Micros;
import dev.millrace.processor.yaml.Forms.Text;
import dev.millrace.processor.yaml.Forms.TrueOr;
import dev.millrace.processor.yaml.Forms.Whole;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The fields of a rule: one table from which the reader, the schema and the reference are made. */
final class RuleFields {

    /** The most sensors and patterns of sensors of a rule; patterns are tried one by one, for each series once. */
    static final int MAX_SENSORS = 10_000;

    private static final int MAX_METRICS = 64;
    private static final int MAX_STATES = 64;
    private static final Duration MONTH = Duration.ofDays(30);
    private static final Duration YEAR = Duration.ofDays(365);
    private static final String RATE = "([0-9]+(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?) per (second|minute|hour)";

    /** A limit for a change and the time that it is for. */
    record RateLimit(double limit, RateUnit unit) {}

    /** What {@code deviates} holds. */
    record Deviation(double by, int window) {}

    static final Field<String> NAME = new Field<>(
            "name",
            Forms.text("[a-z0-9-]{1,64}", "1 to 64 characters of a-z 0-9 -"),
            true,
            "What the rule is called in anomalies and alerts; no other has this name. A rule with another name is another rule.",
            "name: oven-too-hot");

    static final Field<Severity> SEVERITY = new Field<>(
            "severity",
            Forms.choice(List.of(Severity.values()), Severity::text),
            true,
            "How bad it is.",
            "severity: critical");

    static final Field<List<Glob>> METRIC = new Field<>(
            "metric",
            new ListOf<>(
                    new Text<>(
                            "a name or a pattern of names",
                            "must match [A-Za-z_][A-Za-z0-9_.-]{0,63}, with * and ? as wildcards",
                            new JsonObject()
                                    .put("type", "string")
                                    .put("pattern", "^[A-Za-z_*?][A-Za-z0-9_.*?-]{0,63}$"),
                            Glob::ofMetrics),
                    MAX_METRICS,
                    "a name or a pattern of names (`*` any characters, `?` one), or a list of up to " + MAX_METRICS),
            true,
            "The measurements that the rule is for.",
            "metric: temperature*");

    /** Sensors, one by one or by patterns. */
    static final Form<List<Glob>> SENSOR_IDS = new ListOf<>(
            new Text<>(
                    "an id or a pattern of ids",
                    "must be ids of sensors ([A-Za-z0-9._:-]{1,128}), with * and ? as wildcards",
                    new JsonObject().put("type", "string").put("pattern", "^[A-Za-z0-9._:*?-]{1,128}$"),
                    Glob::ofSensors),
            MAX_SENSORS,
            "an id or a pattern of ids, or a list of up to " + MAX_SENSORS);

    static final Field<List<Glob>> SENSORS = new Field<>(
            "sensors",
            SENSOR_IDS,
            false,
            "The sensors that the rule is for; without it, all.",
            "sensors: [oven-*, press-4]");

    static final Field<String> MESSAGE = new Field<>(
            "message",
            Forms.prose(256),
            false,
            "What to tell people; without it, the metric and the condition, such as \"temperature above 90\".",
            "message: Oven too hot. Look at the fan first.");

    static final Field<Double> ABOVE =
            new Field<>("above", Decimal.FINITE, false, "Opens with a value greater than this.", "above: 90");

    static final Field<Double> CLEAR_BELOW = new Field<>(
            "clearBelow",
            Decimal.FINITE,
            false,
            "Hysteresis of `above`: what is open closes with a value less than this, not already at the limit.",
            "above: 90, clearBelow: 85");

    static final Field<Double> BELOW =
            new Field<>("below", Decimal.FINITE, false, "Opens with a value less than this.", "below: 0.5");

    static final Field<Double> CLEAR_ABOVE = new Field<>(
            "clearAbove",
            Decimal.FINITE,
            false,
            "Hysteresis of `below`: what is open closes with a value greater than this.",
            "below: 0.5, clearAbove: 1");

    static final Field<RateLimit> RATE_ABOVE = new Field<>(
            "rateAbove",
            new Text<>(
                    "a number greater than 0 per second, minute or hour",
                    "must be a number greater than 0 per second, minute or hour, such as 5 per minute",
                    new JsonObject().put("type", "string").put("pattern", "^" + RATE.replace("?:", "") + "$"),
                    RuleFields::rate),
            false,
            "Opens when two values that follow each other differ, up or down, by more than this for the time between them.",
            "rateAbove: 5 per minute");

    static final Field<Long> FLAT_FOR = new Field<>(
            "flatFor",
            new Micros(Duration.ofSeconds(1), YEAR),
            false,
            "Opens when the value has been the very same for this long: a sensor that is stuck.",
            "flatFor: 30m");

    static final Field<Long> SILENT_FOR = new Field<>(
            "silentFor",
            new Micros(Duration.ofSeconds(1), YEAR),
            false,
            "Opens when no value has come for this long (dead-man), also when the whole plant stops.",
            "silentFor: 5m");

    private static final Field<Double> BY = new Field<>(
            "by",
            new Decimal(0, true, 1_000_000),
            true,
            "Robust standard deviations (1.4826 times the median absolute deviation) from the median.",
            "by: 6");

    private static final Field<Integer> WINDOW = new Field<>(
            "window",
            new Whole(Condition.Deviates.MIN_WINDOW, Condition.Deviates.MAX_WINDOW),
            false,
            "How many values before it a value is held against, " + Condition.Deviates.DEFAULT_WINDOW
                    + " unless said; before there are so many, nothing opens.",
            "by: 6, window: 100");

    static final Field<Deviation> DEVIATES = new Field<>(
            "deviates",
            new MappingOf<>(
                    List.of(BY, WINDOW),
                    values -> {
                        Optional<Double> by = values.read(BY);
                        int window = values.read(WINDOW).orElse(Condition.Deviates.DEFAULT_WINDOW);
                        return by.map(b -> new Deviation(b, window));
                    },
                    "a mapping of `by`, a number greater than 0, and `window`, from 10 to 500 values"),
            false,
            "Opens when the value lies more than `by` robust standard deviations from the median of the last `window` values.",
            "deviates: {by: 6, window: 100}");

    static final Field<Double> UNUSUAL = new Field<>(
            "unusual",
            new TrueOr(new Decimal(0, true, 1), AdaptiveDetector.THRESHOLD),
            false,
            "Opens when the adaptive detector, which learns each series, gives a score of at least this; true: of its own threshold.",
            "unusual: true, clearFor: 10m");

    static final Field<List<String>> STATE = new Field<>(
            "state",
            new ListOf<>(Forms.prose(256), MAX_STATES, "a text, or a list of up to " + MAX_STATES),
            false,
            "Opens when the measurement is one of these texts.",
            "state: [FAULT, ERROR]");

    static final Field<Long> FOR = new Field<>(
            "for",
            new Micros(Duration.ofMillis(1), MONTH),
            false,
            "On and off delay of above, below, rateAbove, deviates and state: how long it must hold before an anomaly opens.",
            "above: 90, for: 30s");

    static final Field<Long> CLEAR_FOR = new Field<>(
            "clearFor",
            new Micros(Duration.ZERO, MONTH),
            false,
            "Off delay, also of unusual: how long it must be over before an anomaly closes; without it, as long as `for`.",
            "above: 90, for: 30s, clearFor: 5m");

    static final Field<Long> REFRACTORY = new Field<>(
            "refractory",
            new Micros(Duration.ZERO, MONTH),
            false,
            "After an opening, how long no other anomaly of the same series, rule and condition opens; 10m unless said.",
            "above: 90, refractory: 1h");

    static final Field<Double> REFIRE = new Field<>(
            "refire",
            new Text<>(
                    "a percentage from 0% to 9999%",
                    "must be a percentage such as 25%",
                    new JsonObject().put("type", "string").put("pattern", "^[0-9]{1,4}%$"),
                    text -> text.matches("[0-9]{1,4}%")
                            ? Optional.of(Integer.parseInt(text.substring(0, text.length() - 1)) / 100.0)
                            : Optional.empty()),
            false,
            "It opens nevertheless when it goes beyond the limit by so much more than the last peak did; 25% unless said.",
            "above: 90, refire: 50%");

    static final Field<Integer> ALERTS_PER_HOUR = new Field<>(
            "alertsPerHour",
            new Whole(0, 3_600),
            false,
            "The most messages an hour about this rule, 20 unless said; 0: its anomalies are recorded, nobody is told.",
            "alertsPerHour: 0");

    /** All, in the order of the reference. */
    static final List<Field<?>> ALL = List.of(
            NAME,
            SEVERITY,
            METRIC,
            SENSORS,
            MESSAGE,
            ABOVE,
            CLEAR_BELOW,
            BELOW,
            CLEAR_ABOVE,
            RATE_ABOVE,
            FLAT_FOR,
            SILENT_FOR,
            DEVIATES,
            UNUSUAL,
            STATE,
            FOR,
            CLEAR_FOR,
            REFRACTORY,
            REFIRE,
            ALERTS_PER_HOUR);

    /** Those of which a rule must have one. */
    static final List<Field<?>> CONDITIONS =
            List.of(ABOVE, BELOW, RATE_ABOVE, FLAT_FOR, SILENT_FOR, DEVIATES, UNUSUAL, STATE);

    /** Those that {@code for} delays; flatFor and silentFor have times of their own, unusual decides on arrival. */
    static final List<Field<?>> DELAYED = List.of(ABOVE, BELOW, RATE_ABOVE, DEVIATES, STATE);

    /** Those that {@code clearFor} keeps open. */
    static final List<Field<?>> KEPT_OPEN = List.of(ABOVE, BELOW, RATE_ABOVE, DEVIATES, UNUSUAL, STATE);

    private RuleFields() {}

    private static Optional<RateLimit> rate(String text) {
        Matcher matcher = Pattern.compile(RATE).matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        double limit = Double.parseDouble(matcher.group(1));
        return limit > 0 && Double.isFinite(limit)
                ? Optional.of(
                        new RateLimit(limit, RateUnit.valueOf(matcher.group(2).toUpperCase(Locale.ROOT))))
                : Optional.empty();
    }
}
