package dev.millrace.gateway.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracingConfigTest {

    /** What the SDK would throw at, or ignore, is told before, with all other problems. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OTEL_TRACES_EXPORTER | zipkin | must be one of none, otlp",
                "OTEL_EXPORTER_OTLP_ENDPOINT | nope | must be an address such as http://collector:4318",
                "OTEL_EXPORTER_OTLP_ENDPOINT | localhost:4318 | must be an address such as http://collector:4318",
                "OTEL_EXPORTER_OTLP_ENDPOINT | grpc://h:4317 | must be an address such as http://collector:4318",
                "OTEL_EXPORTER_OTLP_ENDPOINT | http:// | must be an address such as http://collector:4318",
                "OTEL_EXPORTER_OTLP_ENDPOINT | http://h:99999 | must be an address such as http://collector:4318",
                "OTEL_EXPORTER_OTLP_PROTOCOL | grpc | must be one of http/protobuf",
                "OTEL_TRACES_SAMPLER | sometimes | must be one of always_on, always_off, traceidratio, "
                        + "parentbased_always_on, parentbased_always_off, parentbased_traceidratio",
                "OTEL_TRACES_SAMPLER_ARG | half | must be a number from 0 to 1",
                "OTEL_TRACES_SAMPLER_ARG | 1.5 | must be a number from 0 to 1",
                "OTEL_TRACES_SAMPLER_ARG | NaN | must be a number from 0 to 1",
            })
    void aWrongSettingIsAProblemAndNoExceptionAtStart(String name, String value, String problem) {
        Environment environment = new Environment(Map.of(name, value));
        TracingConfig.read(environment);

        InvalidConfiguration thrown = assertThrows(InvalidConfiguration.class, environment::check);

        assertEquals("The configuration has 1 problem:\n  " + name + ": " + problem, thrown.getMessage());
    }

    @Test
    void takesWhatIsRight() throws Exception {
        Environment environment = new Environment(Map.of(
                "OTEL_TRACES_EXPORTER", "otlp",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "https://[::1]:4318/collector",
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                "OTEL_TRACES_SAMPLER", "traceidratio",
                "OTEL_TRACES_SAMPLER_ARG", "0.25"));

        TracingConfig config = TracingConfig.read(environment);

        environment.check();
        assertTrue(config.enabled());
        assertEquals("https://[::1]:4318/collector", config.endpoint());
    }
}
