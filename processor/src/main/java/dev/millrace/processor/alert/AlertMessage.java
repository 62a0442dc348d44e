package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Alerts of one rule and one event that are told together.
 *
 * @param deliveryId the same with each attempt, so that who gets it twice can tell
 * @param condition that of the first
 * @param severity the highest
 * @param message the rule's words for people, of the first
 * @param count how many alerts
 * @param openedAt when the first of the anomalies opened, microseconds since 1970
 * @param listed the first of them, {@value #MOST_LISTED} at most
 */
public record AlertMessage(
        UUID deliveryId,
        AlertEvent event,
        String rule,
        String condition,
        Severity severity,
        String message,
        int count,
        long openedAt,
        List<Item> listed) {

    /** How many anomalies a message lists: enough to begin with, and small enough for every receiver. */
    public static final int MOST_LISTED = 50;

    public AlertMessage {
        if (listed.isEmpty() || listed.size() > Math.min(count, MOST_LISTED)) {
            throw new IllegalArgumentException("a message lists the first of what it counts");
        }
        listed = List.copyOf(listed);
    }

    /**
     * One anomaly.
     *
     * @param state what opened it, where that was a state; the value counts otherwise
     * @param at when it opened, or closed, microseconds since 1970
     */
    public record Item(
            UUID anomalyId,
            int revision,
            String condition,
            SeriesId series,
            double value,
            Optional<String> state,
            long at) {}

    /** Whether it lists fewer than it counts. */
    public boolean isTruncated() {
        return listed.size() < count;
    }
}
