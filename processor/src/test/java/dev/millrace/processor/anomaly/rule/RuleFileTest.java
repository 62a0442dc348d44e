package dev.millrace.processor.anomaly.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.rule.Condition.Above;
import dev.millrace.processor.anomaly.rule.Condition.Below;
import dev.millrace.processor.anomaly.rule.Condition.Delay;
import dev.millrace.processor.anomaly.rule.Condition.Deviates;
import dev.millrace.processor.anomaly.rule.Condition.Flat;
import dev.millrace.processor.anomaly.rule.Condition.Rate;
import dev.millrace.processor.anomaly.rule.Condition.RateUnit;
import dev.millrace.processor.anomaly.rule.Condition.Silent;
import dev.millrace.processor.anomaly.rule.Condition.State;
import dev.millrace.processor.anomaly.rule.Condition.Unusual;
import dev.millrace.processor.yaml.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleFileTest {

    private static final String GOOD = """
            version: 12
            rules:
              - name: oven-too-hot
                severity: warning
                metric: temperature*
                sensors: [oven-*, press-4]
                message: Look at the fan.
                above: 90
                clearBelow: 85
                below: -.5
                clearAbove: 1.0e0
                rateAbove: 5.5 per minute
                flatFor: 30m
                silentFor: 5m
                deviates: {by: 6, window: 50}
                unusual: 0.75
                state: [FAULT, "0"]
                for: 10s
                clearFor: 1m
                refractory: 1h
                refire: 50%
                alertsPerHour: 0
              - name: plain
                metric: pressure
                above: 8
                severity: critical
            """;

    private static RuleSet valid(String text) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(text), () -> String.valueOf(RuleFile.parse(text)))
                .rules();
    }

    private static List<Problem> problems(String text) {
        return assertInstanceOf(RuleFile.Refused.class, RuleFile.parse(text)).problems();
    }

    private static Glob sensors(String pattern) {
        return Glob.ofSensors(pattern).orElseThrow();
    }

    @Test
    void readsEveryField() {
        RuleSet rules = valid(GOOD);
        Delay delay = new Delay(10_000_000, 60_000_000);

        assertEquals(12, rules.version());
        assertEquals(2, rules.size());
        assertEquals(
                new Rule(
                        "oven-too-hot",
                        Severity.WARNING,
                        new Globs(List.of(Glob.ofMetrics("temperature*").orElseThrow())),
                        new Globs(List.of(sensors("oven-*"), sensors("press-4"))),
                        Optional.of("Look at the fan."),
                        0,
                        new Refractory(3_600_000_000L, 0.5),
                        List.of(
                                new Above(90, OptionalDouble.of(85), delay),
                                new Below(-0.5, OptionalDouble.of(1), delay),
                                new Rate(5.5, RateUnit.MINUTE, delay),
                                new Flat(1_800_000_000L),
                                new Silent(300_000_000L),
                                new Deviates(6, 50, delay),
                                new Unusual(0.75, new Delay(0, 60_000_000)),
                                new State(Set.of("FAULT", "0"), delay))),
                rules.rules().getFirst());
    }

    @Test
    void whatIsNotSaidHasADefault() {
        assertEquals(
                new Rule(
                        "plain",
                        Severity.CRITICAL,
                        new Globs(List.of(Glob.ofMetrics("pressure").orElseThrow())),
                        Globs.ALL,
                        Optional.empty(),
                        20,
                        new Refractory(600_000_000L, 0.25),
                        List.of(new Above(8, OptionalDouble.empty(), Delay.NONE))),
                valid(GOOD).rules().getLast());
    }

    @Test
    void theOffDelayIsTheOnDelayUnlessSaid() {
        Rule rule = valid(GOOD.replaceAll(" +clearFor: 1m\n", "")).rules().getFirst();

        assertEquals(
                new Delay(10_000_000, 10_000_000), rule.conditions().getFirst().delay());
    }

    @Test
    void trueStandsForTheDetectorsOwnThreshold() {
        Rule rule =
                valid(GOOD.replace("unusual: 0.75", "unusual: true")).rules().getFirst();

        assertTrue(rule.conditions().contains(new Unusual(AdaptiveDetector.THRESHOLD, new Delay(0, 60_000_000))));
    }

    @Test
    void withoutAMessageTheMetricAndTheConditionTell() {
        Rule rule = valid(GOOD.replaceAll(" +message: .*\n", "")).rules().getFirst();

        assertEquals(
                List.of(
                        "t above 90",
                        "t below -0.5",
                        "t changes by more than 5.5 per minute",
                        "t unchanged for 30m",
                        "t silent for 5m",
                        "t deviates from its last 50 values",
                        "t unusual"),
                rule.conditions().stream()
                        .limit(7)
                        .map(condition -> rule.message("t", condition, Optional.empty()))
                        .toList());
        assertEquals("t is FAULT", rule.message("t", rule.conditions().getLast(), Optional.of("FAULT")));
    }

    @Test
    void aRuleIsForTheMetricsAndSensorsOfItsPatterns() {
        Rule rule = valid(GOOD).rules().getFirst();

        assertTrue(rule.isFor(new SeriesId("oven-1", "temperature")));
        assertTrue(rule.isFor(new SeriesId("press-4", "temperature.top")));
        assertTrue(!rule.isFor(new SeriesId("press-41", "temperature")));
        assertTrue(!rule.isFor(new SeriesId("oven-1", "pressure")));
    }

    @Test
    void theShippedRulesCoverTemperaturePressureVibrationStatusAndSilence() {
        RuleSet shipped = RuleFile.shipped();

        for (String metric : List.of("temperature", "pressure", "vibration", "status")) {
            Set<ConditionKind> kinds = shipped.rules().stream()
                    .filter(rule -> rule.isFor(new SeriesId("any", metric)))
                    .flatMap(rule -> rule.conditions().stream().map(Condition::kind))
                    .collect(java.util.stream.Collectors.toSet());
            assertTrue(kinds.contains(ConditionKind.SILENT), metric);
            assertTrue(kinds.contains(metric.equals("status") ? ConditionKind.STATE : ConditionKind.ABOVE), metric);
        }
        assertTrue(shipped.rules().stream().noneMatch(rule -> rule.isFor(new SeriesId("any", "humidity"))));
    }

    @Test
    void aFileWithoutRulesIsValid() {
        assertEquals(7, valid("version: 7\nrules: []\n").version());
    }

    @Test
    void rulesAreForNoSensorThatIsOutOfService() {
        RuleSet rules = valid("version: 1\noutOfService: [oven-7, hall-3-*]\nrules: []\n");

        assertTrue(rules.areFor("oven-70"));
        assertFalse(rules.areFor("oven-7"));
        assertFalse(rules.areFor("hall-3-a"));
        assertTrue(valid("version: 1\nrules: []\n").areFor("oven-7"));
    }

    /** What replaces a part of the good file, and where the problem then is. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            version: 12             | version: 0                  | 1 | 10 | version must be a whole number from 1 to 999999999
            version: 12             | version: 1000000000         | 1 | 10 | version must be a whole number from 1 to 999999999
            version: 12             | version: one                | 1 | 10 | version must be a whole number from 1 to 999999999
            version: 12             | version: [1]                | 1 | 10 | version must be a whole number from 1 to 999999999
            version: 12             | colour: red                 | 1 | 1  | unknown field; known are version, outOfService, rules
            version: 12             | rules: []                   | 2 | 1  | rules occurs twice
            name: oven-too-hot      | name: Oven                  | 3 | 11 | name must be 1 to 64 characters of a-z 0-9 -
            name: oven-too-hot      | name: 123                   | 3 | 11 | name must be a text: YAML reads this as something else, put it in quotes
            name: oven-too-hot      | name: plain                 | 23 | 11 | another rule has this name
            metric: temperature*    | metric: 7up                 | 5 | 13 | metric must match [A-Za-z_][A-Za-z0-9_.-]{0,63}, with * and ? as wildcards
            metric: temperature*    | metric: a[bc]               | 5 | 13 | metric must match [A-Za-z_][A-Za-z0-9_.-]{0,63}, with * and ? as wildcards
            metric: temperature*    | metric: []                  | 5 | 13 | metric must have 1 to 64 entries
            sensors: [oven-*, press-4] | sensors: [oven-*, "press 4"] | 6 | 23 | sensors must be ids of sensors ([A-Za-z0-9._:-]{1,128}), with * and ? as wildcards
            sensors: [oven-*, press-4] | sensors: {a: b}          | 6 | 14 | sensors must be a single value
            message: Look at the fan. | message: "a\\tb"          | 7 | 14 | message must be a text of 1 to 256 characters without control characters
            message: Look at the fan. | message: ""               | 7 | 14 | message must be a text of 1 to 256 characters without control characters
            above: 90               | above: .inf                 | 8 | 12 | above must be a finite number
            above: 90               | above: .nan                 | 8 | 12 | above must be a finite number
            above: 90               | above: 1e400                | 8 | 12 | above must be a finite number
            above: 90               | above: '90'                 | 8 | 12 | above must be a finite number
            above: 90               | above: {a: 1}               | 8 | 12 | above must be a finite number
            above: 90               | over: 90                    | 8 | 5  | unknown field; known are name, severity, metric, sensors, message, above, clearBelow, below, clearAbove, rateAbove, flatFor, silentFor, deviates, unusual, state, for, clearFor, refractory, refire, alertsPerHour
            above: 90               | above: -1                   | 10 | 12 | below must be less than above
            clearBelow: 85          | clearBelow: 90.1            | 9 | 17 | clearBelow must not be greater than above: it would close what is open at once
            clearBelow: 85          | clearBelow: -0.5            | 9 | 17 | clearBelow must be greater than below
            clearAbove: 1.0e0       | clearAbove: -0.6            | 11 | 17 | clearAbove must not be less than below: it would close what is open at once
            clearAbove: 1.0e0       | clearAbove: 90              | 11 | 17 | clearAbove must be less than above
            rateAbove: 5.5 per minute | rateAbove: 5              | 12 | 16 | rateAbove must be a text: YAML reads this as something else, put it in quotes
            rateAbove: 5.5 per minute | rateAbove: 5 per day      | 12 | 16 | rateAbove must be a number greater than 0 per second, minute or hour, such as 5 per minute
            rateAbove: 5.5 per minute | rateAbove: 0 per hour     | 12 | 16 | rateAbove must be a number greater than 0 per second, minute or hour, such as 5 per minute
            rateAbove: 5.5 per minute | rateAbove: 1e999 per hour | 12 | 16 | rateAbove must be a number greater than 0 per second, minute or hour, such as 5 per minute
            flatFor: 30m            | flatFor: 30 minutes         | 13 | 14 | flatFor must be a duration such as 500ms, 10s, 5m, 1h or 30d
            flatFor: 30m            | flatFor: 500ms              | 13 | 14 | flatFor must be from 1s to 365d
            silentFor: 5m           | silentFor: 400d             | 14 | 16 | silentFor must be from 1s to 365d
            deviates: {by: 6, window: 50} | deviates: 6           | 15 | 15 | deviates must be a mapping
            deviates: {by: 6, window: 50} | deviates: {window: 50} | 15 | 15 | by is missing
            deviates: {by: 6, window: 50} | deviates: {by: 0}     | 15 | 20 | by must be a number greater than 0 and at most 1000000
            deviates: {by: 6, window: 50} | deviates: {by: 6, window: 501} | 15 | 31 | window must be a whole number from 10 to 500
            deviates: {by: 6, window: 50} | deviates: {by: 6, by: 7} | 15 | 23 | by occurs twice
            deviates: {by: 6, window: 50} | deviates: {by: 6, size: 7} | 15 | 23 | unknown field; known are by, window
            unusual: 0.75           | unusual: false              | 16 | 14 | unusual must be true, or a number greater than 0 and at most 1
            unusual: 0.75           | unusual: 1.5                | 16 | 14 | unusual must be a number greater than 0 and at most 1
            state: [FAULT, "0"]     | state: []                   | 17 | 12 | state must have 1 to 64 entries
            state: [FAULT, "0"]     | state: [FAULT, true]        | 17 | 20 | state must be a text: YAML reads this as something else, put it in quotes
            for: 10s                | for: 31d                    | 18 | 10 | for must be from 1ms to 30d
            refire: 50%             | refire: 50                  | 21 | 13 | refire must be a text: YAML reads this as something else, put it in quotes
            refire: 50%             | refire: half                | 21 | 13 | refire must be a percentage such as 25%
            alertsPerHour: 0        | alertsPerHour: 1.5          | 22 | 20 | alertsPerHour must be a whole number from 0 to 3600
            alertsPerHour: 0        | alertsPerHour: -1           | 22 | 20 | alertsPerHour must be a whole number from 0 to 3600
            severity: warning       | severity: bad               | 4 | 15 | severity must be info, warning or critical
            severity: warning       | severity: warning; above: 1 | 4 | 29 | mapping values are not allowed here
            severity: warning       | severity: !!str warning     | 4 | 15 | a tag (!) must not be used
            severity: warning       | severity: &s warning        | 4 | 15 | an anchor (&) must not be used
            severity: warning       | severity: *s                | 4 | 15 | an alias (*) must not be used: write the value out
            severity: warning       | <<: {severity: warning}     | 4 | 5 | a merge key (<<) must not be used
            severity: warning       | ? [a] : b                   | 4 | 7 | a key must be a single value
            severity: warning       | x: [[[[[[[[]]]]]]]]         | 4 | 13 | the file is nested too deeply
            """)
    void refusesTheWholeFileWithThePlaceOfWhatIsWrong(
            String part, String replacement, int lineNumber, int column, String reason) {
        List<Problem> problems =
                problems(GOOD.replaceFirst(Pattern.quote(part), java.util.regex.Matcher.quoteReplacement(replacement)));

        assertTrue(problems.contains(new Problem(lineNumber, column, reason)), () -> "told " + problems);
    }

    /** Rules that lack what a field of theirs needs. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            flatFor: 1m, for: 1s           | for fits none of the rule's conditions, but above, below, rateAbove, deviates, state
            unusual: true, for: 1s         | for fits none of the rule's conditions, but above, below, rateAbove, deviates, state
            silentFor: 1m, clearFor: 1s    | clearFor fits none of the rule's conditions, but above, below, rateAbove, deviates, unusual, state
            below: 1, clearBelow: 2        | clearBelow needs above
            above: 1, clearAbove: 0        | clearAbove needs below
            alertsPerHour: 3               | a rule must have a condition: above, below, rateAbove, flatFor, silentFor, deviates, unusual, state
            """)
    void refusesAFieldThatHasNothingToWorkOn(String fields, String reason) {
        List<Problem> problems =
                problems("version: 1\nrules:\n- {name: a, severity: info, metric: m, %s}\n".formatted(fields));

        assertEquals(List.of(reason), problems.stream().map(Problem::reason).toList());
        assertEquals(3, problems.getFirst().line());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# nothing",
                "rules",
                "- version: 1",
                "version: 1",
                "version: 1\nrules: 7",
                "version: 1\nrules:\n  - hot",
                "version: 1\nrules:\n  - {}",
                "version: 1\nrules: [",
                "version: 1\n\trules: []",
                "version: 1\nrules: *none",
                "version: 1\nrules: &r [*r]",
                "version: 1\nrules: []\n---\nversion: 2",
                "version: 1\nrules: []\n\0",
                "%YAML 3.0\n---\nversion: 1\nrules: []"
            })
    void refusesWhatIsNoRuleFile(String text) {
        for (Problem problem : problems(text)) {
            assertTrue(problem.line() >= 1 && problem.column() >= 1, problem::toString);
        }
    }

    @Test
    void tellsAllProblemsAtOnceButNotWithoutEnd() {
        String rules = "  - name: BAD\n    metric: '[]'\n    severity: none\n".repeat(1_000);

        List<Problem> problems = problems("version: 0\nrules:\n" + rules);

        assertEquals(20, problems.size());
        assertEquals(new Problem(1, 10, "version must be a whole number from 1 to 999999999"), problems.getFirst());
        assertEquals(
                List.of(3, 3, 4, 5, 6, 8),
                problems.stream().skip(1).limit(6).map(Problem::line).sorted().toList());
    }

    static Stream<String> bombs() {
        String rule = "- {name: r, severity: info, metric: m, above: 1}\n";
        return Stream.of(
                "version: 1\nrules: []\n" + "# \n".repeat(1_000_000),
                "version: 1\nrules: []\n" + "\n".repeat(1_000_000),
                "[".repeat(1_000_000),
                "{a: ".repeat(250_000),
                "- ".repeat(500_000),
                "version: 1\nrules:\n" + rule.repeat(20_000),
                "version: 1\nrules:\n" + "- {}\n".repeat(200_000).substring(0, 900_000),
                "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nversion: *c\n",
                "version: 1\nrules: [{name: a, severity: info, metric: m, above: 1, sensors: ["
                        + "s,".repeat(500_000)
                        + "s]}]",
                "version: " + "1".repeat(1_000_000),
                "version: one #" + "1".repeat(1_000_000),
                "'" + "a".repeat(1_000_000));
    }

    @Test
    void aFileOfAMillionLinesIsToldByTheLineThatIsTooMany() {
        String rules = "version: 1\nrules:\n" + "- {}\n".repeat(1_000_000);

        assertEquals(List.of(new Problem(100_001, 1, "the file must have at most 100000 lines")), problems(rules));
    }

    /** The bound is far above what refusing takes, and far below what following them would. */
    @ParameterizedTest
    @MethodSource("bombs")
    void whatIsMeantToHurtIsRefusedRatherThanFollowed(String text) {
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> problems(text));
    }

    @Test
    void takesAsManyRulesAsItSays() {
        StringBuilder text = new StringBuilder("version: 1\nrules:\n");
        for (int i = 0; i < 1_000; i++) {
            text.append("- {name: r").append(i).append(", severity: info, metric: m, above: 1}\n");
        }

        assertEquals(1_000, valid(text.toString()).size());
        text.append("- {name: more, severity: info, metric: m, above: 1}\n");
        assertEquals(
                "there must be at most 1000 rules",
                problems(text.toString()).getFirst().reason());
    }
}
