package dev.millrace.processor.anomaly.detect;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/** One series of one sensor, fed with times in seconds; what was found is told in words. */
final class Feeder {

    static final SeriesId SERIES = new SeriesId("oven-1", "m");

    /** 2026-01-01T00:00:00Z: times here count from then. */
    static final long EPOCH = 1_767_225_600_000_000L;

    private Detector detector;
    private Series series = Series.fresh();
    private Detection found = new Detection();

    Feeder(String fields) {
        detector = new Detector(rule(fields));
    }

    /** A rule called r for all; fields as they stand in a flow mapping. */
    static RuleSet rule(String fields) {
        return rules(1, "{name: r, severity: warning, metric: '*', " + fields + "}");
    }

    static RuleSet rules(int version, String... rules) {
        return file("version: " + version + "\nrules: [" + String.join(", ", rules) + "]\n");
    }

    /** One rule, and sensors that are out of service, as a flow sequence. */
    static RuleSet rules(int version, Collection<String> outOfService, String rule) {
        return file("version: " + version + "\noutOfService: " + outOfService + "\nrules: [" + rule + "]\n");
    }

    private static RuleSet file(String text) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(text), () -> RuleFile.parse(text)
                        .toString())
                .rules();
    }

    static long micros(double seconds) {
        return EPOCH + Math.round(seconds * 1e6);
    }

    /** From now on this rule instead. */
    Feeder rules(String fields) {
        return rules(rule(fields));
    }

    Feeder rules(RuleSet rules) {
        detector = new Detector(rules);
        return this;
    }

    /** A number that arrives when it was measured. */
    Feeder at(double seconds, double value) {
        return at(seconds, seconds, value);
    }

    Feeder at(double seconds, double arrival, double value) {
        feed(seconds, arrival, new Measurement.Numeric("m", value));
        return this;
    }

    Feeder at(double seconds, String state) {
        feed(seconds, seconds, new Measurement.State("m", state));
        return this;
    }

    boolean feed(double seconds, double arrival, Measurement measurement) {
        return detector.feed(SERIES, series, micros(seconds), micros(arrival), measurement, found);
    }

    Feeder pass(double streamTime) {
        detector.pass(SERIES, series, micros(streamTime), found);
        return this;
    }

    /** As after a commit: what is found from here on belongs to another batch. */
    Feeder commit() {
        found = new Detection();
        return this;
    }

    /** As after a take-over. */
    Feeder handOver() {
        series = Series.decode(series.encode());
        return commit();
    }

    Series series() {
        return series;
    }

    Detection found() {
        return found;
    }

    /** {@code above 2..5 peak 95 of 91 count 3}, or {@code above 2.. …} of one that is open. */
    List<String> opened() {
        return found.opened().stream()
                .map(opened -> "%s %s..%s peak %s of %s count %d"
                        .formatted(
                                opened.anomaly().condition().text(),
                                seconds(opened.anomaly().openedAt()),
                                end(opened.course().closedAt()),
                                number(opened.course().peak()),
                                number(opened.anomaly().value()),
                                opened.course().count()))
                .toList();
    }

    /** {@code ..5 peak 95 count 3}. */
    List<String> changed() {
        return found.changed().stream()
                .map(changed -> "..%s peak %s count %d"
                        .formatted(
                                end(changed.course().closedAt()),
                                number(changed.course().peak()),
                                changed.course().count()))
                .toList();
    }

    private static String end(OptionalLong at) {
        return at.isPresent() ? seconds(at.getAsLong()) : "";
    }

    private static String seconds(long micros) {
        return number((micros - EPOCH) / 1e6);
    }

    private static String number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }
}
