package dev.millrace.gateway.query;

import dev.millrace.core.reading.Measurement;
import java.util.SortedMap;

/**
 * The latest value of each measurement of a sensor, by name; at least one.
 */
public record LatestValues(String sensorId, SortedMap<String, Timed> values) {

    /** A value and its time, microseconds since 1970. */
    public record Timed(Measurement measurement, long timestamp) {}

    /** The time of the newest value. */
    public long timestamp() {
        return values.values().stream().mapToLong(Timed::timestamp).max().orElseThrow();
    }
}
