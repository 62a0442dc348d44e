package dev.millrace.gateway.trace;

import io.vertx.core.Future;
import io.vertx.core.spi.VertxTracerFactory;
import java.util.Optional;

/**
 * The tracing of a process. Where it is off there is no tracer, so that a request costs nothing, and nothing of OpenTelemetry
 * is initialised.
 */
public final class Tracing {

    private final Optional<OpenTelemetryExport> export;

    private Tracing(Optional<OpenTelemetryExport> export) {
        this.export = export;
    }

    /** Starts to export where the settings say so. */
    public static Tracing start(TracingConfig config) {
        return new Tracing(config.enabled() ? Optional.of(new OpenTelemetryExport(config)) : Optional.empty());
    }

    /** What makes the spans of a Vert.x instance. */
    public Optional<VertxTracerFactory> tracer() {
        return export.map(OpenTelemetryExport::tracer);
    }

    /** Sends what is left, for at most 2 seconds; to be called when no request is under way any more. Never fails. */
    public Future<Void> close() {
        return export.map(OpenTelemetryExport::close).orElseGet(Future::succeededFuture);
    }
}
