package dev.millrace.gateway.publish;

import dev.millrace.core.config.Environment;
import dev.millrace.core.connect.Retry;
import java.time.Duration;

/**
 * The bounds of a publisher.
 *
 * @param bufferBytes the most bytes of readings on their way; one lane gets at most an eighth
 * @param timeout how long a reading is tried
 * @param callTimeout how long one call to the stream may take; shorter than {@code timeout}
 * @param retry the waits of a lane after a failure
 */
public record PublisherConfig(long bufferBytes, Duration timeout, Duration callTimeout, Retry retry) {

    static final int LANE_SHARE = 8;

    /** What {@code PUBLISH_BUFFER_MIB}, {@code PUBLISH_TIMEOUT} and {@code PUBLISH_CALL_TIMEOUT} say. */
    public static PublisherConfig read(Environment environment) {
        PublisherConfig config = new PublisherConfig(
                environment.integer("PUBLISH_BUFFER_MIB", 64, 48, 4096) * 1024L * 1024L,
                environment.duration("PUBLISH_TIMEOUT", "10s"),
                environment.duration("PUBLISH_CALL_TIMEOUT", "3s"),
                new Retry(Duration.ofMillis(50), Duration.ofSeconds(1)));
        if (config.callTimeout.compareTo(config.timeout) >= 0) {
            environment.problem("PUBLISH_CALL_TIMEOUT", "must be shorter than PUBLISH_TIMEOUT");
        }
        return config;
    }
}
