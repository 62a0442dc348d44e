package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.core.config.Environment;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.gateway.trace.Tracing;
import dev.millrace.gateway.trace.TracingConfig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Spans of requests at a collector. */
class TracingVerticleTest extends HttpDoorFixture {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    /** What the collector got, in hexadecimal digits. */
    private static final List<String> EXPORTS = new CopyOnWriteArrayList<>();

    private static final HttpServer COLLECTOR = collector();
    private static final Tracing TRACING = Tracing.start(config("otlp"));

    @Override
    Vertx createVertx() {
        return VertxInstances.create(TRACING.tracer());
    }

    @Test
    void aSpanContinuesTheTraceOfTheClientAndWithExportOffThereIsNothing() throws Exception {
        stream.acceptAll();
        HttpRequest traced = HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/json")
                .header("traceparent", "00-" + TRACE + "-" + PARENT + "-01")
                .POST(HttpRequest.BodyPublishers.ofString(READING))
                .build();
        assertEquals(202, send(traced).statusCode());
        assertTrue(hasThread());

        // the span ends after the client has the answer, and before the server is closed
        door.drain(Duration.ofSeconds(20)).await();
        TRACING.close().await();
        COLLECTOR.stop(0);

        // in a span's protocol buffer the trace id is field 1, the parent's span id field 4
        assertTrue(EXPORTS.stream().anyMatch(export -> export.contains("0a10" + TRACE)), EXPORTS::toString);
        assertTrue(EXPORTS.stream().anyMatch(export -> export.contains("2208" + PARENT)), EXPORTS::toString);
        await("the exporter's thread has ended", () -> !hasThread());

        Tracing off = Tracing.start(config("none"));
        assertTrue(off.tracer().isEmpty());
        assertFalse(hasThread());
        off.close().await();
    }

    private static boolean hasThread() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("BatchSpanProcessor"));
    }

    private static TracingConfig config(String exporter) {
        return TracingConfig.read(new Environment(Map.of(
                "OTEL_TRACES_EXPORTER",
                exporter,
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + COLLECTOR.getAddress().getPort())));
    }

    private static HttpServer collector() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/traces", exchange -> {
                EXPORTS.add(HexFormat.of().formatHex(exchange.getRequestBody().readAllBytes()));
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
