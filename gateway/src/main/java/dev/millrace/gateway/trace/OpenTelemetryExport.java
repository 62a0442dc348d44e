package dev.millrace.gateway.trace;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.vertx.core.Future;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Spans by W3C trace context, exported in batches by OTLP over HTTP. The only class that knows OpenTelemetry. */
final class OpenTelemetryExport {

    private static final Logger LOG = LoggerFactory.getLogger(OpenTelemetryExport.class);

    /** The longest that a stop waits for the last spans. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

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
                "otel.traces.exporter",
                "otlp",
                "otel.metrics.exporter",
                "none",
                "otel.logs.exporter",
                "none",
                "otel.propagators",
                "tracecontext",
                "otel.exporter.otlp.protocol",
                TracingConfig.PROTOCOL,
                "otel.exporter.otlp.endpoint",
                config.endpoint(),
                "otel.service.name",
                config.serviceName(),
                "otel.traces.sampler",
                config.sampler()));
        config.samplerArgument().ifPresent(argument -> properties.put("otel.traces.sampler.arg", argument));
        return properties;
    }

    VertxTracerFactory tracer() {
        return new OpenTelemetryTracingFactory(sdk);
    }

    Future<Void> close() {
        return within(CLOSE_TIMEOUT, sdk.getSdkTracerProvider()::shutdown);
    }

    /**
     * Ends with {@code shutdown}, or after {@code timeout} without it; never fails. The exporter tries a collector that is
     * away again and again, which would use up the time that the stop of everything else needs.
     */
    static Future<Void> within(Duration timeout, Supplier<CompletableResultCode> shutdown) {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        // on a thread of its own, since nothing promises that the exporter's own close does not block
        Thread.ofVirtual().name("close-spans").start(() -> {
            CompletableResultCode result = shutdown.get();
            result.whenComplete(() -> ended.complete(result.isSuccess()));
        });
        return Future.fromCompletionStage(ended.completeOnTimeout(false, timeout.toNanos(), TimeUnit.NANOSECONDS))
                .onSuccess(sent -> {
                    if (!sent) {
                        LOG.warn("The last spans could not be sent");
                    }
                })
                .mapEmpty();
    }
}
