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

    private static Line line(List<String> flaws) {
        return new Line("http", 100, 200, "requests/s", 0.33, flaws);
    }
}
