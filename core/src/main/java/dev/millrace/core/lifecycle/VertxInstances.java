package dev.millrace.core.lifecycle;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;

/** Makes Vert.x instances, all in one way. */
public final class VertxInstances {

    private VertxInstances() {}

    /**
     * An instance on the system's own transport (epoll, kqueue) where there is one. It reads no files from the class path, and so
     * makes no cache directory, which a process that is killed would leave behind.
     */
    public static Vertx create() {
        return Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(true)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }
}
