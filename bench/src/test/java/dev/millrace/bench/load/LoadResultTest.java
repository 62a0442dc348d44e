package dev.millrace.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadResultTest {

    private static final int RATE = 1_000;

    @Test
    void isVoidWhereTheGeneratorUsedMoreThanFourFifthsOfAProcessor() {
        assertEquals(List.of(), result(0, RATE, 0, 800).flaws("ours", RATE));
        assertEquals(
                List.of("the generator used 0.81 of a processor for ours"),
                result(0, RATE, 0, 810).flaws("ours", RATE));
    }

    @Test
    void isVoidWhereTheGeneratorWasLate() {
        assertEquals(
                List.of("the generator was late for ours by p99 6.0 ms"),
                result(6, RATE, 0, 0).flaws("ours", RATE));
    }

    @Test
    void isVoidWhereTheServerDidNotKeepTheRateOrRefused() {
        assertEquals(
                List.of("ours: 2 failed", "ours answered 980/s of 1000/s"),
                result(0, 980, 2, 0).flaws("ours", RATE));
    }

    /** Of one second. */
    private static LoadResult result(int lateMillis, int accepted, int failed, int generatorMillis) {
        Histogram lateness = new Histogram(3);
        lateness.recordValue(TimeUnit.MILLISECONDS.toNanos(lateMillis));
        return new LoadResult(
                new Histogram(3),
                lateness,
                accepted,
                failed,
                Duration.ofSeconds(1),
                Duration.ZERO,
                Duration.ofMillis(generatorMillis));
    }
}
