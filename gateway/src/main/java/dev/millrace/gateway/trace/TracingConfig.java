package dev.millrace.gateway.trace;

import dev.millrace.core.config.Environment;
import java.util.List;
import java.util.Optional;

/**
 * Whether and where to spans go, by OpenTelemetry's standard variables; those that are not here, such as
 * {@code OTEL_RESOURCE_ATTRIBUTES} and {@code OTEL_BSP_*}, its SDK reads by itself.
 *
 * @param enabled whether spans are made and exported at all
 * @param endpoint the collector's address, OTLP over HTTP
 * @param serviceName what the spans are of
 * @param sampler which traces are kept
 * @param samplerArgument the sampler's, such as a ratio
 */
public record TracingConfig(
        boolean enabled, String endpoint, String serviceName, String sampler, Optional<String> samplerArgument) {

    private static final List<String> SAMPLERS = List.of(
            "always_on",
            "always_off",
            "traceidratio",
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio");

    /** What {@code OTEL_TRACES_EXPORTER} and its like say. */
    public static TracingConfig read(Environment environment) {
        return new TracingConfig(
                environment
                        .oneOf("OTEL_TRACES_EXPORTER", "none", List.of("none", "otlp"))
                        .equals("otlp"),
                environment.text("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
                environment.text("OTEL_SERVICE_NAME", "millrace-gateway"),
                environment.oneOf("OTEL_TRACES_SAMPLER", "parentbased_always_on", SAMPLERS),
                environment.optional("OTEL_TRACES_SAMPLER_ARG", TracingConfig::ratio));
    }

    private static String ratio(String text) {
        double ratio = Double.parseDouble(text);
        if (!(ratio >= 0 && ratio <= 1)) {
            throw new IllegalArgumentException("must be a number from 0 to 1");
        }
        return text;
    }
}
