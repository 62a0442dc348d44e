package dev.millrace.gateway.http;

import dev.millrace.core.config.Environment;

/**
 * The HTTP server.
 *
 * @param host the address that it binds to
 * @param port its port
 * @param maxBodyBytes the largest body
 * @param bodyBufferBytes the most bytes of bodies being read at a time, all connections together
 * @param limits what clients may take of it
 */
public record HttpConfig(String host, int port, int maxBodyBytes, long bodyBufferBytes, HttpLimits limits) {

    /** What {@code HTTP_HOST}, {@code HTTP_PORT}, {@code BODY_BUFFER_MIB} and those of the limits say. */
    public static HttpConfig read(Environment environment) {
        return new HttpConfig(
                environment.text("HTTP_HOST", "0.0.0.0"),
                environment.port("HTTP_PORT", 8080),
                4 * 1024 * 1024,
                environment.integer("BODY_BUFFER_MIB", 64, 16, 4096) * 1024L * 1024L,
                HttpLimits.read(environment));
    }
}
