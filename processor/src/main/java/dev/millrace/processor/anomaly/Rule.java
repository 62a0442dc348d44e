package dev.millrace.processor.anomaly;

import java.util.OptionalDouble;

/**
 * A limit for a measurement.
 *
 * @param name unique among the rules, {@code [a-z0-9-]{1,64}}
 * @param metric the exact name of the measurement
 * @param above a value greater than this breaches the rule
 * @param below a value less than this breaches the rule
 */
public record Rule(String name, String metric, OptionalDouble above, OptionalDouble below, Severity severity) {

    public Rule {
        if (above.isEmpty() && below.isEmpty()) {
            throw new IllegalArgumentException("a rule must have a limit");
        }
    }

    /** Whether a value lies beyond a limit; one that equals it does not. */
    public boolean isBreachedBy(double value) {
        return (above.isPresent() && value > above.getAsDouble()) || (below.isPresent() && value < below.getAsDouble());
    }
}
