package dev.millrace.bench.processor;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * The rows of an endless stream of readings, each a number: sensors report in turns, one measurement a reading, once a second,
 * so that row {@code n} is always the same and no identity comes twice. One reading a row is what costs most a row: decoding,
 * the sensor's last_seen and its hash in Redis are a reading's.
 *
 * @param sensors how many there are
 */
record Rows(int sensors) {

    static final String METRIC = "temperature";

    /** In the partition for what is older than the platform, which is there on any day. */
    private static final long FIRST = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse("2024-12-04T12:00:00Z"));

    private static final long MICROS_PER_TURN = 1_000_000;

    /** Below the limit of the rules that come with the processor: no anomalies. */
    private static final double LOWEST = 60;

    private static final int VALUES = 1_777;

    int sensor(long row) {
        return (int) (row % sensors);
    }

    String sensorId(int sensor) {
        return String.format(Locale.ROOT, "press-%05d", sensor);
    }

    /** Microseconds since 1970. */
    long at(long row) {
        return FIRST + row / sensors * MICROS_PER_TURN + row % sensors;
    }

    double value(long row) {
        return LOWEST + row % VALUES / 100.0;
    }

    Reading reading(long row) {
        return new Reading(sensorId(sensor(row)), at(row), List.of(new Measurement.Numeric(METRIC, value(row))));
    }
}
