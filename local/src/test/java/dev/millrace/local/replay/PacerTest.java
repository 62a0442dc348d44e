package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacerTest {

    private final VirtualTicker ticker = new VirtualTicker();
    private final long start = ticker.nanos();

    @ParameterizedTest
    @CsvSource({"0.5, 1", "5, 1", "100, 10", "2000, 200", "1000000, 500"})
    void sendsBatchesThatFitTheRate(double rate, int size) {
        assertEquals(size, new Pacer(OptionalDouble.of(rate), ticker).batchSize());
    }

    @Test
    void keepsTheRate() throws Exception {
        var pacer = new Pacer(OptionalDouble.of(100), ticker);

        for (int i = 0; i < 50; i++) {
            pacer.await(10);
        }

        // the last batch goes out when the 490 before it are over
        assertEquals(Duration.ofMillis(4900), elapsed());
    }

    @Test
    void makesUpForASlowAnswer() throws Exception {
        var pacer = new Pacer(OptionalDouble.of(10), ticker);
        pacer.await(1);
        ticker.pass(Duration.ofMillis(450));

        for (int i = 0; i < 10; i++) {
            pacer.await(1);
        }

        assertEquals(Duration.ofSeconds(1), elapsed());
    }

    @Test
    void makesUpForAtMostASecondOfAnOutage() throws Exception {
        var pacer = new Pacer(OptionalDouble.of(10), ticker);
        ticker.pass(Duration.ofSeconds(100));

        for (int i = 0; i < 21; i++) {
            pacer.await(1);
        }

        assertEquals(Duration.ofSeconds(101), elapsed());
    }

    @Test
    void doesNotWaitWithoutARate() throws Exception {
        var pacer = new Pacer(OptionalDouble.empty(), ticker);

        pacer.await(1_000_000);

        assertEquals(Duration.ZERO, elapsed());
    }

    private Duration elapsed() {
        return Duration.ofNanos(ticker.nanos() - start);
    }
}
