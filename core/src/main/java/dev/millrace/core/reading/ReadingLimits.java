package dev.millrace.core.reading;

import dev.millrace.core.config.Environment;
import java.time.Duration;
import java.util.Optional;

/**
 * The limits of a timestamp, seen from the time of receipt.
 *
 * @param maxClockAhead how far it may lie ahead
 * @param maxAge how far it may lie back; empty: without limit
 */
public record ReadingLimits(Duration maxClockAhead, Optional<Duration> maxAge) {

    public static final ReadingLimits DEFAULT = new ReadingLimits(Duration.ofMinutes(5), Optional.empty());

    /** The limits that {@code MAX_CLOCK_AHEAD} and {@code MAX_READING_AGE} set. */
    public static ReadingLimits read(Environment environment) {
        return new ReadingLimits(
                environment.duration("MAX_CLOCK_AHEAD", "5m"), environment.optionalDuration("MAX_READING_AGE"));
    }
}
