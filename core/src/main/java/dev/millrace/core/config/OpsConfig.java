package dev.millrace.core.config;

import java.time.Duration;

/**
 * The operations side of a process.
 *
 * @param host the address that the operations server binds to
 * @param port its port
 * @param shutdownDelay how long a process that is not ready any more waits for load balancers to see it
 * @param shutdownTimeout the longest that a whole stop may take
 */
public record OpsConfig(String host, int port, Duration shutdownDelay, Duration shutdownTimeout) {

    /** What {@code OPS_HOST}, {@code OPS_PORT}, {@code SHUTDOWN_DELAY} and {@code SHUTDOWN_TIMEOUT} say. */
    public static OpsConfig read(Environment environment, int defaultPort) {
        OpsConfig config = new OpsConfig(
                environment.text("OPS_HOST", "0.0.0.0"),
                environment.port("OPS_PORT", defaultPort),
                environment.duration("SHUTDOWN_DELAY", "0s", Duration.ZERO, Duration.ofDays(1)),
                environment.duration("SHUTDOWN_TIMEOUT", "25s", Duration.ofMillis(1), Duration.ofDays(1)));
        if (config.shutdownDelay.compareTo(config.shutdownTimeout) >= 0) {
            environment.problem("SHUTDOWN_DELAY", "must be shorter than SHUTDOWN_TIMEOUT");
        }
        return config;
    }
}
