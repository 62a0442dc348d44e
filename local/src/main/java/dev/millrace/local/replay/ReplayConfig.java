package dev.millrace.local.replay;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.auth.ApiKey;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What to replay.
 *
 * @param file a CSV file that can be read
 * @param sensor the id that all its readings get
 * @param metric the measurement's name
 * @param rate readings per second, more than 0; empty: as fast as they go
 * @param retryFor how long to try again without any reading being accepted
 * @param gateway where to
 * @param key what is shown there, where it is asked for
 */
public record ReplayConfig(
        Path file,
        String sensor,
        String metric,
        OptionalDouble rate,
        Duration retryFor,
        URI gateway,
        Optional<ApiKey> key) {

    private static final Pattern SENSOR = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final Pattern METRIC = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,63}");
    private static final Pattern RATE = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");
    private static final double MAX_RATE = 1e6;

    /**
     * Reads the settings.
     *
     * @param gateway where to, read before
     * @param key what is shown there, read before
     * @throws InvalidConfiguration with all that is wrong
     */
    public static ReplayConfig read(Environment environment, URI gateway, Optional<ApiKey> key)
            throws InvalidConfiguration {
        Optional<Path> file = required(environment, "FILE", "a CSV file", ReplayConfig::file);
        Optional<String> sensor = required(environment, "SENSOR", "a sensor's id", text -> {
            require(SENSOR.matcher(text).matches(), "must be 1 to 128 characters of A-Z a-z 0-9 . _ : -");
            return text;
        });
        Optional<String> metric = required(environment, "METRIC", "a measurement's name", text -> {
            require(
                    METRIC.matcher(text).matches() && !text.equals("sensorId") && !text.equals("timestamp"),
                    "must be a letter or _ and up to 63 more characters of A-Z a-z 0-9 _ . -, not sensorId or timestamp");
            return text;
        });
        Optional<Double> rate = environment.optional("RATE", ReplayConfig::rate);
        Duration retryFor = environment.duration("RETRY_FOR", "60s");
        environment.check();
        return new ReplayConfig(
                file.orElseThrow(),
                sensor.orElseThrow(),
                metric.orElseThrow(),
                rate.map(OptionalDouble::of).orElse(OptionalDouble.empty()),
                retryFor,
                gateway,
                key);
    }

    private static <T> Optional<T> required(
            Environment environment, String name, String what, Function<String, T> parser) {
        if (environment.optionalText(name).isEmpty()) {
            environment.problem(name, "must be set to " + what);
            return Optional.empty();
        }
        return environment.optional(name, parser);
    }

    private static Path file(String text) {
        try {
            Path path = Path.of(text);
            require(Files.exists(path), "there is no such file");
            require(Files.isRegularFile(path) && Files.isReadable(path), "must be a file that can be read");
            return path;
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("must be a path", e);
        }
    }

    private static double rate(String text) {
        require(RATE.matcher(text).matches(), "must be a number of readings per second");
        double rate = Double.parseDouble(text);
        require(rate > 0 && rate <= MAX_RATE, "must be more than 0 and at most 1000000 readings per second");
        return rate;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
