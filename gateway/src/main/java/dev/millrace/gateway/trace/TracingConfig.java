package dev.millrace.gateway.trace;

import dev.millrace.core.config.Environment;
import java.net.URI;
import java.net.URISyntaxException;
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

    /** The only one: gRPC is not on the class path. */
    static final String PROTOCOL = "http/protobuf";

    private static final List<String> SAMPLERS = List.of(
            "always_on",
            "always_off",
            "traceidratio",
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio");

    /** What {@code OTEL_TRACES_EXPORTER} and its like say. */
    public static TracingConfig read(Environment environment) {
        // the SDK would take another one from its variable, and fail where it is not on the class path
        environment.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", PROTOCOL, List.of(PROTOCOL));
        String endpoint = environment.text("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        if (!isAddress(endpoint)) {
            environment.problem("OTEL_EXPORTER_OTLP_ENDPOINT", "must be an address such as http://collector:4318");
        }
        return new TracingConfig(
                environment
                        .oneOf("OTEL_TRACES_EXPORTER", "none", List.of("none", "otlp"))
                        .equals("otlp"),
                endpoint,
                environment.text("OTEL_SERVICE_NAME", "millrace-gateway"),
                environment.oneOf("OTEL_TRACES_SAMPLER", "parentbased_always_on", SAMPLERS),
                environment.optional("OTEL_TRACES_SAMPLER_ARG", TracingConfig::ratio));
    }

    private static boolean isAddress(String text) {
        try {
            URI address = new URI(text);
            return ("http".equals(address.getScheme()) || "https".equals(address.getScheme()))
                    && address.getHost() != null
                    && address.getPort() != 0
                    && address.getPort() <= 65_535;
        } catch (URISyntaxException _) {
            return false;
        }
    }

    private static String ratio(String text) {
        try {
            double ratio = Double.parseDouble(text);
            if (ratio >= 0 && ratio <= 1) {
                return text;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("must be a number from 0 to 1");
    }

    /** Without the collector's address, which may hold a password. */
    @Override
    public String toString() {
        return "TracingConfig[enabled=" + enabled + ", serviceName=" + serviceName + ", sampler=" + sampler + "]";
    }
}
