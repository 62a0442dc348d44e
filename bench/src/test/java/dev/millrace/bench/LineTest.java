package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineTest {

    @Test
    void saysOnTheLineItselfThatItsFiguresShowNothing() {
        assertEquals(
                "http ratio 0.50 (ours 100 requests/s, limit 200 requests/s, goal 0.33)",
                line(List.of()).text());
        assertEquals(
                "http ratio 0.50 (ours 100 requests/s, limit 200 requests/s, goal 0.33) VOID: one; another",
                line(List.of("one", "another")).text());
    }

    @Test
    void aSmallGoalIsNotRoundedAway() {
        assertEquals(
                "detect-unusual ratio 0.07 (ours 7211795 readings/s, limit 98220209 readings/s, goal 0.0031)",
                new Line("detect-unusual", 7_211_795, 98_220_209, "readings/s", 300_000 / 98_220_209.0, List.of())
                        .text());
    }

    @Test
    void aGoalOfTheFiguresOwnUnitIsMetOrMissed() {
        assertEquals(", goal 300000: met", Line.against(300_000, 300_000));
        assertEquals(", goal 300000: missed", Line.against(300_000, 299_999));
    }

    @Test
    void hasABiggerRatioWhereOfACostIsLess() {
        assertEquals(
                "mqtt-idle ratio 1.50 (ours 8 bytes, limit 12 bytes, goal 1.00)",
                Line.ceiling("mqtt-idle", 8, 12, "bytes", 1, List.of()).text());
    }

    @Test
    void claimsNothingWithoutALimit() {
        assertEquals(
                "mqtt ratio unknown (ours 100 publishes, limit unknown, goal 0.25): it is not there VOID: one",
                Line.withoutLimit("mqtt", 100, "publishes", 0.25, "it is not there", List.of("one")));
    }

    private static Line line(List<String> flaws) {
        return new Line("http", 100, 200, "requests/s", 0.33, flaws);
    }
}
