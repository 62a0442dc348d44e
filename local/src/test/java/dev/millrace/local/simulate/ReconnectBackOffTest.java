package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReconnectBackOffTest {

    @Test
    void waitsAtRandomUpToALimitThatDoubles() {
        var backOff = new ReconnectBackOff(half());

        assertEquals(
                List.of(125L, 250L, 500L, 1000L, 2000L, 2500L, 2500L),
                Stream.generate(backOff::next).limit(7).map(Duration::toMillis).toList());
    }

    @Test
    void beginsSmallAgainAfterAnAcknowledgement() {
        var backOff = new ReconnectBackOff(half());
        IntStream.range(0, 10).forEach(_ -> backOff.next());

        backOff.reset();

        assertEquals(Duration.ofMillis(125), backOff.next());
    }

    @Test
    void twoDevicesDoNotComeBackTogether() {
        var random = new SplittableRandom(1);
        long different = IntStream.range(0, 100)
                .mapToObj(_ -> new ReconnectBackOff(random).next())
                .distinct()
                .count();

        assertTrue(different > 90, () -> different + " of 100");
    }

    /** Chance that always takes the middle. */
    private static RandomGenerator half() {
        return () -> 1L << 63;
    }
}
