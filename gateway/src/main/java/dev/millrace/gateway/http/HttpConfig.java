package dev.millrace.gateway.http;

import dev.millrace.core.config.Environment;

/**
 * The HTTP server.
 *
 * @param host the address that it binds to
 * @param port its port
 * @param maxBodyBytes the largest body
 * @param bodyBufferBytes the most bytes of bodies being read at a time, all connections together
 */
public record HttpConfig(String host, int port, int maxBodyBytes, long bodyBufferBytes) {

    /** What {@code HTTP_HOST} and {@code HTTP_PORT} say. */
    public static HttpConfig read(Environment environment) {
        return new HttpConfig(
                environment.text("HTTP_HOST", "0.0.0.0"),
                environment.port("HTTP_PORT", 8080),
                4 * 1024 * 1024,
                environment.integer("BODY_BUFFER_MIB", 64, 8, 4096) * 1024L * 1024L);
    }
}
