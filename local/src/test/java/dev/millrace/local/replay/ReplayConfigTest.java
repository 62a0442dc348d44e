package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayConfigTest {

    private static final URI GATEWAY = URI.create("http://localhost:8080");

    private final Path directory;

    ReplayConfigTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void readsItsVariables() throws Exception {
        Path file = Files.createFile(directory.resolve("readings.csv"));

        var config = read(Map.of(
                "FILE",
                file.toString(),
                "SENSOR",
                "machine-1",
                "METRIC",
                "temperature",
                "RATE",
                "0.5",
                "RETRY_FOR",
                "5m"));

        assertEquals(
                new ReplayConfig(
                        file,
                        "machine-1",
                        "temperature",
                        OptionalDouble.of(0.5),
                        Duration.ofMinutes(5),
                        GATEWAY,
                        Optional.empty()),
                config);
    }

    @Test
    void anEmptyRateIsNone() throws Exception {
        Path file = Files.createFile(directory.resolve("readings.csv"));

        var config = read(Map.of("FILE", file.toString(), "SENSOR", "s", "METRIC", "m", "RATE", ""));

        assertEquals(OptionalDouble.empty(), config.rate());
        assertEquals(Duration.ofSeconds(60), config.retryFor());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FILE | /no/such/file | there is no such file",
                "FILE | / | must be a file that can be read",
                "SENSOR | machine 1 | must be 1 to 128 characters of A-Z a-z 0-9 . _ : -",
                "METRIC | 1st | must be a letter or _ and up to 63 more characters of A-Z a-z 0-9 _ . -, not sensorId or timestamp",
                "METRIC | timestamp | must be a letter or _ and up to 63 more characters of A-Z a-z 0-9 _ . -, not sensorId or timestamp",
                "RATE | 0 | must be more than 0 and at most 1000000 readings per second",
                "RATE | 1000001 | must be more than 0 and at most 1000000 readings per second",
                "RATE | -1 | must be a number of readings per second",
                "RETRY_FOR | 60 | must be a duration such as 500ms, 10s, 5m, 1h or 30d"
            })
    void refusesWrongSettings(String name, String value, String message) throws Exception {
        Map<String, String> variables = new HashMap<>(Map.of(
                "FILE",
                Files.createFile(directory.resolve("readings.csv")).toString(),
                "SENSOR",
                "machine-1",
                "METRIC",
                "temperature"));
        variables.put(name, value);

        var failure = assertThrows(InvalidConfiguration.class, () -> read(variables));

        assertEquals("The configuration has 1 problem:\n  " + name + ": " + message, failure.getMessage());
    }

    private static ReplayConfig read(Map<String, String> variables) throws InvalidConfiguration {
        return ReplayConfig.read(new Environment(variables), GATEWAY, Optional.empty());
    }
}
