package dev.millrace.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {

    @ParameterizedTest
    @CsvSource({
        "0ms, 0s",
        "500ms, 500ms",
        "1000ms, 1s",
        "90s, 90s",
        "60s, 1m",
        "90m, 90m",
        "60m, 1h",
        "36h, 36h",
        "24h, 1d",
        "30d, 30d"
    })
    void writesTheLargestUnitThatIsWhole(String read, String written) {
        assertEquals(written, DurationText.of(DurationText.parse(read, Duration.ZERO, Duration.ofDays(3650))));
    }
}
