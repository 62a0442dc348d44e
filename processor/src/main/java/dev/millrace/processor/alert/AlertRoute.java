package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.Severity;

/**
 * Who is told of what.
 *
 * @param destination its name
 * @param minSeverity what is less severe is not for it
 */
public record AlertRoute(String destination, Severity minSeverity) {}
