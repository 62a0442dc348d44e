package dev.millrace.core.lifecycle;

import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.core.tracing.TracingOptions;
import java.util.Optional;

/** Makes Vert.x instances, all in one way. */
public final class VertxInstances {

    private VertxInstances() {}

    /**
     * An instance on the system's own transport (epoll, kqueue) where there is one. It reads no files from the class path, and so
     * makes no cache directory, which a process that is killed would leave behind.
     */
    public static Vertx create() {
        return create(Optional.empty());
    }

    /** The same, with spans of what comes in and goes out where there is a tracer. */
    public static Vertx create(Optional<VertxTracerFactory> tracer) {
        VertxOptions options = new VertxOptions()
                .setPreferNativeTransport(true)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false));
        // without options Vert.x does not look for a tracer
        tracer.ifPresent(_ -> options.setTracingOptions(new TracingOptions()));
        VertxBuilder builder = Vertx.builder().with(options);
        return tracer.map(builder::withTracer).orElse(builder).build();
    }
}
