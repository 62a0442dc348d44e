package dev.millrace.gateway.http;

import dev.millrace.core.config.Environment;
import java.time.Duration;

/**
 * What one client, or all of them together, may take of the HTTP server.
 *
 * @param maxConnections the most connections at a time; one more is closed at once
 * @param maxHeaderBytes the largest header section of a request
 * @param maxRequestLineBytes the longest request line
 * @param requestTimeout how long a client may take to send a request, from its head to the last byte of its body, and again
 *     to take the answer; the time that the answer takes us does not count
 * @param idleTimeout how long a connection may be without a complete request head
 * @param ratePerAddress requests a second that one client address may make, 0: without limit
 */
public record HttpLimits(
        int maxConnections,
        int maxHeaderBytes,
        int maxRequestLineBytes,
        Duration requestTimeout,
        Duration idleTimeout,
        int ratePerAddress) {

    private static final int KIB = 1024;

    /** What holds where no setting says otherwise. */
    public static final HttpLimits DEFAULT =
            new HttpLimits(10_000, 16 * KIB, 8 * KIB, Duration.ofSeconds(30), Duration.ofSeconds(75), 0);

    /** What {@code MAX_CONNECTIONS}, {@code REQUEST_TIMEOUT} and the others say. */
    public static HttpLimits read(Environment environment) {
        return new HttpLimits(
                environment.integer("MAX_CONNECTIONS", DEFAULT.maxConnections, 1, 1_000_000),
                environment.integer("MAX_HEADER_BYTES", DEFAULT.maxHeaderBytes, KIB, 1024 * KIB),
                environment.integer("MAX_REQUEST_LINE_BYTES", DEFAULT.maxRequestLineBytes, KIB, 1024 * KIB),
                environment.duration("REQUEST_TIMEOUT", "30s", Duration.ofMillis(100), Duration.ofHours(1)),
                environment.duration("IDLE_TIMEOUT", "75s", Duration.ofMillis(100), Duration.ofHours(1)),
                environment.integer("RATE_LIMIT_PER_ADDRESS", DEFAULT.ratePerAddress, 0, 1_000_000));
    }
}
