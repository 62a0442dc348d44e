package dev.millrace.processor.anomaly.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({
        "temperature, temperature, true",
        "temperature, temperature2, false",
        "temp*, temp, true",
        "temp*, tem, false",
        "*.top, oven.top, true",
        "*.top, oven.top.left, false",
        "a*b*c, a-b-b-c, true",
        "a?c, abc, true",
        "a?c, ac, false",
        "*, anything, true",
        "a.c, abc, false"
    })
    void matches(String pattern, String name, boolean expected) {
        assertEquals(expected, Glob.ofMetrics(pattern).orElseThrow().matches(name));
    }

    @Property
    void matchesAsTheRegularExpressionWould(
            @ForAll @Chars({'a', 'b', '*', '?'}) @StringLength(min = 1, max = 8) String pattern,
            @ForAll @CharRange(from = 'a', to = 'b') @StringLength(max = 10) String name) {
        String expression = pattern.replace("?", ".").replace("*", ".*");

        assertEquals(
                Pattern.matches(expression, name),
                Glob.ofSensors(pattern).orElseThrow().matches(name));
    }

    @Test
    void aPatternOfManyStarsTakesNoLongerThanItsLengths() {
        Glob glob = Glob.ofSensors("a*".repeat(63) + "b").orElseThrow();

        assertFalse(glob.matches("a".repeat(128)));
    }
}
