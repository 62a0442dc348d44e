package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SensorPatternsTest {

    @Test
    void aPatternIsAnIdOrTheBeginningOfOne() {
        SensorPatterns patterns = SensorPatterns.of(List.of("press-*", "press-4", "a", "line:7.*"));

        for (String allowed : List.of("press-", "press-4", "press-44", "a", "line:7.x")) {
            assertTrue(patterns.allows(allowed), allowed);
        }
        for (String other : List.of("press", "Press-4", "aa", "b", "line:7", "line:70x", "0")) {
            assertFalse(patterns.allows(other), other);
        }
    }

    @Test
    void aStarAloneIsEverySensor() {
        assertTrue(SensorPatterns.of(List.of("*", "press-*")).allows("anything"));
    }

    @Property
    void agreesWithALookAtEveryPattern(@ForAll("patterns") List<String> patterns, @ForAll("ids") String id) {
        boolean expected = patterns.stream()
                .anyMatch(pattern -> pattern.endsWith("*")
                        ? id.startsWith(pattern.substring(0, pattern.length() - 1))
                        : id.equals(pattern));

        assertEquals(expected, SensorPatterns.of(patterns).allows(id));
    }

    /** Of few characters, so that they often begin with each other. */
    @Provide
    Arbitrary<String> ids() {
        return Arbitraries.strings().withChars("ab-").ofMinLength(1).ofMaxLength(6);
    }

    @Provide
    Arbitrary<List<String>> patterns() {
        Arbitrary<String> prefix = Arbitraries.strings()
                .withChars("ab-")
                .ofMinLength(1)
                .ofMaxLength(5)
                .map(text -> text + "*");
        return Arbitraries.oneOf(ids(), prefix).list().ofMinSize(1).ofMaxSize(12);
    }
}
