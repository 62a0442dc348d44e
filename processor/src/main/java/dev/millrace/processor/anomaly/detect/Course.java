package dev.millrace.processor.anomaly.detect;

import java.util.OptionalLong;

/**
 * How an anomaly went on.
 *
 * @param closedAt microseconds since 1970; empty: not yet
 * @param arrivedAt when the last thing arrived that changed it, microseconds since 1970
 */
public record Course(OptionalLong closedAt, long arrivedAt, double peak, long count, int revision) {}
