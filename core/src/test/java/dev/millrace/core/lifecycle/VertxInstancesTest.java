package dev.millrace.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class VertxInstancesTest {

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "epoll is Linux' own")
    void anInstanceUsesTheSystemsOwnTransport() {
        Vertx vertx = VertxInstances.create();
        try {
            assertTrue(vertx.isNativeTransportEnabled(), () -> String.valueOf(vertx.unavailableNativeTransportCause()));
        } finally {
            vertx.close().await();
        }
    }

    @Test
    void anInstanceMakesNoDirectory() throws Exception {
        List<Path> before = caches();
        Vertx vertx = VertxInstances.create();
        try {
            assertEquals(before, caches());
        } finally {
            vertx.close().await();
        }
    }

    private static List<Path> caches() throws Exception {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(path -> path.getFileName().toString().startsWith("vertx-cache"))
                    .sorted()
                    .toList();
        }
    }
}
