package dev.millrace.gateway.http;

import dev.millrace.core.config.Environment;
import java.util.Optional;

/**
 * The HTTP server.
 *
 * @param host the address that it binds to
 * @param port its port without TLS; empty: none
 * @param tlsPort its port of TLS; empty: none
 * @param maxBodyBytes the largest body
 * @param bodyBufferBytes the most bytes of bodies being read at a time, all connections together
 * @param limits what clients may take of it
 */
public record HttpConfig(
        String host,
        Optional<Integer> port,
        Optional<Integer> tlsPort,
        int maxBodyBytes,
        long bodyBufferBytes,
        HttpLimits limits) {

    /**
     * What {@code HTTP_HOST}, {@code HTTP_PORT}, {@code HTTPS_PORT}, {@code BODY_BUFFER_MIB} and those of the limits say.
     *
     * @param tls whether there is a certificate
     */
    public static HttpConfig read(Environment environment, boolean tls) {
        return new HttpConfig(
                environment.text("HTTP_HOST", "0.0.0.0"),
                environment.portOrOff("HTTP_PORT", 8080),
                environment.portOrOff("HTTPS_PORT", 8443).filter(_ -> tls),
                4 * 1024 * 1024,
                environment.integer("BODY_BUFFER_MIB", 64, 16, 4096) * 1024L * 1024L,
                HttpLimits.read(environment));
    }
}
