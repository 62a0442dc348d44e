package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** The page at {@code /} and its parts, and the contract at {@code /openapi.json}, kept in memory. */
final class Page {

    /** One file of the page. */
    record Part(Route route, String path, String type, Buffer content) {

        void handle(Exchange exchange) {
            exchange.context()
                    .response()
                    .putHeader("content-security-policy", "default-src 'self'; frame-ancestors 'none'")
                    .putHeader("cache-control", "no-cache");
            exchange.send(200, type, content);
        }
    }

    private final List<Part> parts;

    private Page(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /** Reads the page from the classpath. */
    static Page load() {
        return new Page(List.of(
                part(Route.PAGE, "/", "text/html; charset=utf-8", "page.html"),
                part(Route.PAGE, "/page.css", "text/css; charset=utf-8", "page.css"),
                part(Route.PAGE, "/page.js", "text/javascript; charset=utf-8", "page.js"),
                contract(part(Route.CONTRACT, "/openapi.json", "application/json", "openapi.json"))));
    }

    private static Part contract(Part written) {
        return new Part(written.route, written.path, written.type, Contract.withSecurity(written.content));
    }

    private static Part part(Route route, String path, String type, String resource) {
        try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(resource), resource)) {
            return new Part(route, path, type, Buffer.buffer(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Part> parts() {
        return parts;
    }
}
