package dev.millrace.processor.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleFileTest {

    private static final String GOOD = """
            version: 1
            rules:
              - name: temperature-high
                metric: temperature
                above: 90
                severity: warning
              - name: pressure
                metric: pressure
                above: 8.0e0
                below: -.5
                severity: critical
            """;

    @Test
    void readsRulesInTheOrderOfTheFile() {
        RuleFile.Valid valid = assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(GOOD));

        assertEquals(1, valid.rules().version());
        assertEquals(2, valid.rules().size());
        assertEquals(
                List.of(new Rule(
                        "temperature-high",
                        "temperature",
                        OptionalDouble.of(90),
                        OptionalDouble.empty(),
                        Severity.WARNING)),
                valid.rules().of("temperature"));
        assertEquals(
                List.of(new Rule(
                        "pressure", "pressure", OptionalDouble.of(8), OptionalDouble.of(-0.5), Severity.CRITICAL)),
                valid.rules().of("pressure"));
        assertEquals(List.of(), valid.rules().of("Temperature"));
    }

    @Test
    void theShippedRulesCoverTemperaturePressureAndVibration() {
        RuleSet shipped = RuleFile.shipped();

        for (String metric : List.of("temperature", "pressure", "vibration")) {
            assertEquals(1, shipped.of(metric).size(), metric);
        }
        assertTrue(shipped.of("vibration").getFirst().isBreachedBy(7.2));
    }

    @Test
    void aFileWithoutRulesIsValid() {
        RuleFile.Valid valid = assertInstanceOf(RuleFile.Valid.class, RuleFile.parse("version: 7\nrules: []\n"));

        assertEquals(7, valid.rules().version());
        assertEquals(0, valid.rules().size());
    }

    /** What replaces a line of the good file, and where the problem then is. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            version: 1              | version: 0                  | 1 | 10 | version must be a whole number from 1
            version: 1              | version: one                | 1 | 10 | version must be a whole number from 1
            version: 1              | version: [1]                | 1 | 10 | version must be a single value
            version: 1              | colour: red                 | 1 | 1  | unknown field; known are rules, version
            version: 1              | rules: []                   | 2 | 1  | rules occurs twice
            name: temperature-high  | name: Temperature           | 3 | 11 | name must have 1 to 64 characters of a-z 0-9 -
            name: temperature-high  | name: pressure              | 7 | 11 | another rule has this name
            metric: temperature     | metric: 7up                 | 4 | 13 | metric must match [A-Za-z_][A-Za-z0-9_.-]{0,63}
            above: 90               | above: .inf                 | 5 | 12 | above must be a finite number
            above: 90               | above: .nan                 | 5 | 12 | above must be a finite number
            above: 90               | above: 1e400                | 5 | 12 | above must be a finite number
            above: 90               | above: '90'                 | 5 | 12 | above must be a finite number
            above: 90               | above: {a: 1}               | 5 | 12 | above must be a finite number
            above: 90               | limit: 90                   | 5 | 5  | unknown field; known are above, below, metric, name, severity
            severity: warning       | severity: bad               | 6 | 15 | severity must be info, warning or critical
            severity: warning       | severity: warning; above: 1 | 6 | 29 | mapping values are not allowed here
            below: -.5              | below: 8                    | 10 | 12 | below must be less than above
            below: -.5              | above: 9                    | 10 | 5 | above occurs twice
            """)
    void refusesTheWholeFileWithThePlaceOfWhatIsWrong(
            String line, String replacement, int lineNumber, int column, String reason) {
        RuleFile.Refused refused = assertInstanceOf(
                RuleFile.Refused.class, RuleFile.parse(GOOD.replaceFirst(Pattern.quote(line), replacement)));

        assertTrue(
                refused.problems().contains(new RuleFile.Problem(lineNumber, column, reason)),
                () -> "told " + refused.problems());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "rules",
                "- version: 1",
                "version: 1",
                "version: 1\nrules: 7",
                "version: 1\nrules:\n  - hot",
                "version: 1\nrules:\n  - {}",
                "version: 1\nrules:\n  - name: a\n    metric: b\n    severity: info",
                "version: 1\nrules: [",
                "version: 1\n\trules: []",
                "version: 1\nrules: *none",
                "version: 1\nrules: []\n---\nversion: 2",
                "version: 1\nrules: []\n\0"
            })
    void refusesWhatIsNoRuleFile(String text) {
        RuleFile.Refused refused = assertInstanceOf(RuleFile.Refused.class, RuleFile.parse(text));

        for (RuleFile.Problem problem : refused.problems()) {
            assertTrue(problem.line() >= 1 && problem.column() >= 1, problem::toString);
        }
    }

    @Test
    void tellsAllProblemsAtOnceButNotWithoutEnd() {
        String rules = "  - name: BAD\n    metric: '*'\n    severity: none\n".repeat(1_000);

        RuleFile.Refused refused =
                assertInstanceOf(RuleFile.Refused.class, RuleFile.parse("version: 1\nrules:\n" + rules));

        assertEquals(20, refused.problems().size());
        assertEquals(3, refused.problems().getFirst().line());
    }

    @Test
    void refusesAFileThatIsTooLong() {
        String text = GOOD + "# \n".repeat(RuleFile.MAX_CHARACTERS);

        assertInstanceOf(RuleFile.Refused.class, RuleFile.parse(text));
    }

    @Test
    void aRecursiveFileIsRefusedRatherThanFollowed() {
        assertInstanceOf(RuleFile.Refused.class, RuleFile.parse("version: 1\nrules: &r [*r]\n"));
    }
}
