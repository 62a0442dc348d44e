package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;

/**
 * The latest value of a series.
 *
 * @param at its timestamp, microseconds since 1970
 */
public record LatestValue(long at, Measurement measurement) {}
