package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;

/**
 * One value to be stored.
 *
 * @param at its timestamp, microseconds since 1970; with the series it is the value's identity
 */
public record Sample(SeriesId series, long at, Measurement measurement) {}
