package dev.millrace.core.reading;

import java.util.List;

/**
 * What one sensor measured at one instant.
 *
 * @param sensorId 1 to 128 characters of {@code A-Z a-z 0-9 . _ : -}
 * @param timestamp microseconds since 1970-01-01T00:00:00Z
 * @param measurements 1 to 64, in the order sent, no name twice
 */
public record Reading(String sensorId, long timestamp, List<Measurement> measurements) {

    /** The most bytes that one reading may have as sent. */
    public static final int MAX_BYTES = 16 * 1024;

    public static final int MAX_SENSOR_ID_LENGTH = 128;
    public static final int MAX_MEASUREMENTS = 64;
    public static final int MAX_NAME_LENGTH = 64;
    public static final int MAX_STATE_LENGTH = 256;

    public Reading {
        measurements = List.copyOf(measurements);
        if (measurements.isEmpty() || measurements.size() > MAX_MEASUREMENTS) {
            throw new IllegalArgumentException("a reading must have 1 to " + MAX_MEASUREMENTS + " measurements");
        }
    }
}
