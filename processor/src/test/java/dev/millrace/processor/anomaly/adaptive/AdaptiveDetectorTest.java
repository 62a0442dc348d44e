package dev.millrace.processor.anomaly.adaptive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdaptiveDetectorTest {

    private static final long FIVE_MINUTES = TimeUnit.MINUTES.toMicros(5);
    private static final int DAY = 288;

    /** A Monday. */
    private static final long START = TimeUnit.DAYS.toMicros(4);

    private final Random random = new Random(8);

    /** The rows from {@code from} to before {@code to} that are unusual, of a series with a value every five minutes. */
    private static List<Integer> unusual(AdaptiveDetector detector, int from, int to, IntToDoubleFunction values) {
        return unusual(detector, FIVE_MINUTES, from, to, values);
    }

    private static List<Integer> unusual(
            AdaptiveDetector detector, long step, int from, int to, IntToDoubleFunction values) {
        List<Integer> unusual = new ArrayList<>();
        for (int row = from; row < to; row++) {
            double score = detector.score(START + row * step, values.applyAsDouble(row));
            assertTrue(score >= 0 && score <= 1, "score " + score + " in row " + row);
            if (score >= AdaptiveDetector.THRESHOLD) {
                unusual.add(row);
            }
        }
        return unusual;
    }

    private double noise() {
        return 20 + random.nextGaussian();
    }

    @Test
    void aConstantSeriesIsNeverUnusualUntilItChanges() {
        AdaptiveDetector detector = new AdaptiveDetector();

        assertEquals(List.of(), unusual(detector, 0, 10_000, _ -> 45.1));
        assertEquals(List.of(10_000), unusual(detector, 10_000, 10_001, _ -> 45.2));
    }

    @Test
    void aDifferenceThatRoundingMakesIsNone() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 1_000, _ -> 0.3);

        assertEquals(List.of(), unusual(detector, 1_000, 2_000, row -> row % 7 == 0 ? 0.1 + 0.2 : 0.3));
    }

    @Test
    void aPerfectCycleIsNotUnusualOnceItIsKnown() {
        IntToDoubleFunction cycle = row -> row % DAY < 100 ? 20.1 : 80.3;
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 3 * DAY, cycle);

        assertEquals(List.of(), unusual(detector, 3 * DAY, 40 * DAY, cycle));
    }

    @Test
    void nothingIsUnusualAtTheBeginning() {
        AdaptiveDetector detector = new AdaptiveDetector();

        assertEquals(List.of(), unusual(detector, 0, Tuning.SHIPPED.warmUp(), row -> row == 100 ? 1e6 : noise()));
    }

    @Test
    void whatWasNeverSoHighIsUnusualAtOnce() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, _ -> noise());

        assertEquals(List.of(2_000), unusual(detector, 2_000, 2_001, _ -> 40));
    }

    @Test
    void aValueThatIsCommonButNotNowIsUnusual() {
        IntToDoubleFunction days = row -> row % DAY >= 96 && row % DAY < 192 ? 80 : 20;
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 10 * DAY, row -> days.applyAsDouble(row) + random.nextDouble());

        List<Integer> found = unusual(detector, 10 * DAY, 11 * DAY, _ -> 20 + random.nextDouble());

        assertEquals(10 * DAY + 96, found.getFirst(), "the machine did not start");
    }

    @Test
    void weekendsAreComparedWithWeekends() {
        IntToDoubleFunction plant = row -> row / DAY % 7 < 5 && row % DAY >= 100 && row % DAY < 200 ? 80 : 20;
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 28 * DAY, row -> plant.applyAsDouble(row) + random.nextDouble());

        assertEquals(
                List.of(),
                unusual(detector, 28 * DAY, 35 * DAY, row -> plant.applyAsDouble(row) + random.nextDouble()));
    }

    @Test
    void aStuckSensorIsUnusual() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, _ -> noise());

        List<Integer> found = unusual(detector, 2_000, 2_100, _ -> 20);

        assertTrue(!found.isEmpty() && found.getFirst() < 2_050, "found: " + found);
    }

    @Test
    void oneThingAlarmsOnce() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, _ -> noise());

        assertEquals(List.of(2_000), unusual(detector, 2_000, 3_000, _ -> 20 + noise()), "a new level is learnt");
    }

    @Test
    void muchMoreThanTheLastFiresAgainThoughItIsQuiet() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, _ -> noise());

        assertEquals(
                List.of(2_000, 2_005),
                unusual(detector, 2_000, 2_020, row -> row == 2_000 ? 28 : row == 2_005 ? 100 : noise()));
    }

    @Test
    void itIsQuietForAnHourHoweverOftenValuesCome() {
        long second = TimeUnit.SECONDS.toMicros(1);
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, second, 0, 5_000, _ -> noise());
        // a higher and higher level, each step as unusual as the last
        List<Integer> found = unusual(detector, second, 5_000, 10_000, row -> noise() + (row - 4_900) / 100 * 20);

        assertEquals(5_000, found.getFirst());
        for (int i = 1; i < found.size(); i++) {
            assertTrue(found.get(i) - found.get(i - 1) >= 3_600, "found: " + found);
        }
    }

    @Test
    void aWildValueBlindsItNeitherForOthersLikeItNorForSmallerOnes() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, row -> row == 1_000 ? 1e9 : noise());

        assertEquals(List.of(2_000), unusual(detector, 2_000, 2_100, row -> row == 2_000 ? 200 : noise()));
    }

    @Test
    void aSmallChangeOfLevelSoonAfterAWildValueIsFound() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 1_500, row -> row == 1_000 ? 1e9 : noise());

        List<Integer> found = unusual(detector, 1_500, 1_600, _ -> 10 + noise());

        assertTrue(!found.isEmpty(), "nothing found");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.MAX_VALUE, 1e300, 1e-300, Double.MIN_NORMAL, Double.MIN_VALUE * 8})
    void theLargestAndTheSmallestNumbersAreNumbersLikeOthers(double unit) {
        AdaptiveDetector detector = new AdaptiveDetector();

        unusual(detector, 0, 3_000, row -> switch (row % 3) {
            case 0 -> unit;
            case 1 -> -unit;
            default -> unit * random.nextDouble();
        });

        assertEquals(List.of(), unusual(detector, 3_000, 6_000, row -> row % 2 == 0 ? unit : -unit / 2));
    }

    @Test
    void aStateOfZeroAndOneIsNotUnusualEachTimeItChanges() {
        List<Integer> found =
                unusual(new AdaptiveDetector(), TimeUnit.SECONDS.toMicros(10), 0, 60_000, row -> row / 700 % 2);

        assertTrue(found.size() <= 5, "found: " + found);
    }

    @Test
    void aReadingADayIsEnough() {
        AdaptiveDetector detector = new AdaptiveDetector();
        long day = TimeUnit.DAYS.toMicros(1);
        unusual(detector, day, 0, 400, _ -> noise());

        assertEquals(List.of(400), unusual(detector, day, 400, 410, row -> row == 400 ? 60 : noise()));
    }

    @Test
    void aGapInTimeIsNoAnomaly() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 2_000, row -> 20 + row % 10);
        long later = START + TimeUnit.DAYS.toMicros(1_000);

        for (int row = 0; row < 100; row++) {
            double score = detector.score(later + row * FIVE_MINUTES, 20 + row % 10);
            assertTrue(score < AdaptiveDetector.THRESHOLD, "row " + row);
        }
    }

    @Test
    void staysQuietInSteadyNoiseMoreAndMore() {
        AdaptiveDetector detector = new AdaptiveDetector();
        unusual(detector, 0, 5_000, _ -> noise());

        List<Integer> found = unusual(detector, 5_000, 25_000, _ -> noise());

        assertTrue(found.size() <= 20, "found: " + found);
    }

    @Test
    void refusesWhatIsNoNumber() {
        assertThrows(IllegalArgumentException.class, () -> new AdaptiveDetector().score(1, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new AdaptiveDetector().score(1, Double.POSITIVE_INFINITY));
    }

    @Test
    void refusesAStateOfAnotherForm() {
        ByteBuffer state = ByteBuffer.allocate(AdaptiveDetector.MAX_BYTES);
        new AdaptiveDetector().write(state);
        state.put(0, (byte) 99);

        assertThrows(IllegalArgumentException.class, () -> AdaptiveDetector.read(state.flip()));
    }

    @Test
    void aSeriesNeedsLessThanAKibibyte() {
        ByteBuffer state = ByteBuffer.allocate(1_024);
        new AdaptiveDetector().write(state);

        assertEquals(AdaptiveDetector.MAX_BYTES, state.position());
    }
}
