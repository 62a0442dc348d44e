package dev.millrace.processor.anomaly.adaptive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class AdaptiveDetectorPropertyTest {

    private static final int ROWS = 1_500;

    /** Times that go on by anything from a microsecond to days. */
    private static long[] times(Random random) {
        long[] times = new long[ROWS];
        long at = random.nextLong(TimeUnit.DAYS.toMicros(20_000));
        for (int row = 0; row < ROWS; row++) {
            at += switch (random.nextInt(20)) {
                case 0 -> 1;
                case 1 -> random.nextLong(1, TimeUnit.DAYS.toMicros(3));
                default -> random.nextLong(1, TimeUnit.MINUTES.toMicros(10));
            };
            times[row] = at;
        }
        return times;
    }

    /** Values with levels, peaks, quiet times and jumps. */
    private static double[] values(Random random) {
        double[] values = new double[ROWS];
        double level = 0;
        double spread = 1;
        for (int row = 0; row < ROWS; row++) {
            switch (random.nextInt(200)) {
                case 0 -> level = 50 * random.nextGaussian();
                case 1 -> spread = random.nextInt(4);
                default -> {}
            }
            double peak = random.nextInt(100) == 0 ? 20 * random.nextGaussian() : 0;
            values[row] = level + spread * random.nextGaussian() + peak;
        }
        return values;
    }

    private static double[] scores(long[] times, double[] values) {
        AdaptiveDetector detector = new AdaptiveDetector();
        double[] scores = new double[values.length];
        for (int row = 0; row < values.length; row++) {
            scores[row] = detector.score(times[row], values[row]);
        }
        return scores;
    }

    @Property(tries = 50)
    void goesOnToTheBitAfterItIsWrittenAndReadAnywhere(@ForAll long seed) {
        Random random = new Random(seed);
        long[] times = times(random);
        double[] values = values(random);
        double[] straight = scores(times, values);

        AdaptiveDetector detector = new AdaptiveDetector();
        ByteBuffer state = ByteBuffer.allocate(AdaptiveDetector.MAX_BYTES);
        for (int row = 0; row < ROWS; row++) {
            assertEquals(straight[row], detector.score(times[row], values[row]), 0.0, "row " + row);
            state.clear();
            detector.write(state);
            state.flip();
            detector = AdaptiveDetector.read(state);
        }
    }

    @Property(tries = 50)
    void whatItWritesIsReadAndWrittenTheSame(@ForAll long seed, @ForAll @IntRange(max = ROWS) int rows) {
        Random random = new Random(seed);
        long[] times = times(random);
        double[] values = values(random);
        AdaptiveDetector detector = new AdaptiveDetector();
        for (int row = 0; row < rows; row++) {
            detector.score(times[row], values[row]);
        }

        byte[] state = state(detector);

        assertArrayEquals(state, state(AdaptiveDetector.read(ByteBuffer.wrap(state))));
    }

    private static byte[] state(AdaptiveDetector detector) {
        byte[] state = new byte[AdaptiveDetector.MAX_BYTES];
        detector.write(ByteBuffer.wrap(state));
        return state;
    }

    @Property(tries = 100)
    void theUnitOfTheValuesDoesNotMatter(
            @ForAll long seed,
            @ForAll @IntRange(min = -200, max = 200) int exponent,
            @ForAll @DoubleRange(min = -1000, max = 1000) double zero) {
        Random random = new Random(seed);
        long[] times = times(random);
        double[] values = values(random);
        double[] other = new double[ROWS];
        double scale = (random.nextBoolean() ? 1 : -1) * StrictMath.pow(10, exponent / 10.0);
        for (int row = 0; row < ROWS; row++) {
            other[row] = scale * (values[row] + zero);
        }

        assertArrayEquals(scores(times, values), scores(times, other), 1e-4);
    }

    @Property(tries = 100)
    void scoresAreFromZeroToOneWhateverComes(@ForAll long seed) {
        Random random = new Random(seed);
        long[] times = times(random);
        double[] values = new double[ROWS];
        for (int row = 0; row < ROWS; row++) {
            double any = Double.longBitsToDouble(random.nextLong());
            values[row] = Double.isFinite(any) ? any : 0;
        }

        for (double score : scores(times, values)) {
            assertTrue(score >= 0 && score <= 1, "score " + score);
        }
    }
}
