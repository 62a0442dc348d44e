package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A limit for a measurement.
 *
 * @param name unique among the rules, {@code [a-z0-9-]{1,64}}
 * @param metric the exact name of the measurement
 * @param silentFor after so long without a value the series is silent, microseconds
 */
public record Rule(
        String name,
        String metric,
        OptionalDouble above,
        OptionalDouble below,
        OptionalLong silentFor,
        Severity severity,
        String message) {

    /** Whether it looks at a series. */
    public boolean appliesTo(SeriesId id) {
        return metric.equals(id.metric());
    }
}
