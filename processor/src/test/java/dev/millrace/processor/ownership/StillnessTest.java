package dev.millrace.processor.ownership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class StillnessTest {

    private final Stillness<String> stillness = new Stillness<>(10);

    @Test
    void timeCountsFromTheFirstLookThatSawTheVersion() {
        stillness.look(Map.of("a", 1), 1_000);
        assertEquals(0, stillness.of("a"));

        stillness.look(Map.of("a", 1), 1_008);
        stillness.look(Map.of("a", 1), 1_016);

        assertEquals(16, stillness.of("a"));
    }

    @Test
    void aChangeBeginsAnew() {
        stillness.look(Map.of("a", 1, "b", 1), 1_000);
        stillness.look(Map.of("a", 2, "b", 1), 1_005);

        assertEquals(0, stillness.of("a"));
        assertEquals(5, stillness.of("b"));
    }

    @Test
    void timeInWhichNobodyLookedDoesNotCount() {
        stillness.look(Map.of("a", 1), 1_000);
        stillness.look(Map.of("a", 1), 1_010);
        stillness.look(Map.of("a", 1), 1_021);
        stillness.look(Map.of("a", 1), 99_000);
        stillness.look(Map.of("a", 1), 99_003);

        assertEquals(13, stillness.of("a"));
    }

    @Test
    void whatIsGoneIsForgotten() {
        stillness.look(Map.of("a", 1), 1_000);
        stillness.look(Map.of(), 1_005);
        stillness.look(Map.of("a", 1), 1_010);

        assertEquals(0, stillness.of("a"));
    }

    @Test
    void anOverflowOfTheClockIsNoTime() {
        stillness.look(Map.of("a", 1), Long.MAX_VALUE - 3);
        stillness.look(Map.of("a", 1), Long.MIN_VALUE + 2);

        assertEquals(6, stillness.of("a"));
    }
}
