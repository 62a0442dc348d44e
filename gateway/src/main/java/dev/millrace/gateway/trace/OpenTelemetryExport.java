package dev.millrace.gateway.trace;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.HashMap;
import java.util.Map;

/** Spans by W3C trace context, exported in batches by OTLP over HTTP. The only class that knows OpenTelemetry. */
final class OpenTelemetryExport {

    private final OpenTelemetrySdk sdk;

    OpenTelemetryExport(TracingConfig config) {
        sdk = AutoConfiguredOpenTelemetrySdk.builder()
                // a customizer, because properties of a supplier give way to the environment, which has been read
                // already
                .addPropertiesCustomizer(_ -> properties(config))
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk();
    }

    private static Map<String, String> properties(TracingConfig config) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "otel.traces.exporter", "otlp",
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none",
                "otel.propagators", "tracecontext",
                // the other one, gRPC, is not on the class path
                "otel.exporter.otlp.protocol", "http/protobuf",
                "otel.exporter.otlp.endpoint", config.endpoint(),
                "otel.service.name", config.serviceName(),
                "otel.traces.sampler", config.sampler()));
        config.samplerArgument().ifPresent(argument -> properties.put("otel.traces.sampler.arg", argument));
        return properties;
    }

    VertxTracerFactory tracer() {
        return new OpenTelemetryTracingFactory(sdk);
    }

    Future<Void> close() {
        Promise<Void> closed = Promise.promise();
        sdk.getSdkTracerProvider().shutdown().whenComplete(closed::tryComplete);
        return closed.future();
    }
}
