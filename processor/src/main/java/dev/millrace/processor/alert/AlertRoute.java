package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.Severity;

/**
 * Who is told of what.
 *
 * @param destination its name
 * @param minSeverity what is less severe is not for it
 */
public record AlertRoute(String destination, Severity minSeverity) {

    /** How a destination of this name is reached. */
    static AlertDestination.Kind kindOf(String destination) {
        return destination.equals(SnsConfig.NAME) ? AlertDestination.Kind.SNS : AlertDestination.Kind.WEBHOOK;
    }
}
