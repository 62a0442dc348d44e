package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.detect.Anomaly;
import dev.millrace.processor.anomaly.detect.Course;
import dev.millrace.processor.anomaly.detect.Detection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** A row of anomaly, to be compared. */
public record StoredAnomaly(
        UUID id,
        SeriesId series,
        String rule,
        int ruleVersion,
        String condition,
        Severity severity,
        String message,
        long openedAt,
        long arrivedAt,
        double value,
        Optional<String> text,
        OptionalLong closedAt,
        double peak,
        long count,
        int revision) {

    /** The row that it becomes. */
    public static StoredAnomaly of(Detection.Opened opened) {
        Anomaly anomaly = opened.anomaly();
        return new StoredAnomaly(
                        anomaly.id(),
                        anomaly.series(),
                        anomaly.rule(),
                        anomaly.ruleVersion(),
                        anomaly.condition().text(),
                        anomaly.severity(),
                        anomaly.message(),
                        anomaly.openedAt(),
                        anomaly.arrivedAt(),
                        anomaly.value(),
                        anomaly.text(),
                        OptionalLong.empty(),
                        0,
                        0,
                        0)
                .with(opened.course());
    }

    /** Whether a course says more than is known of it. */
    public boolean isBehind(Course course) {
        return closedAt.isEmpty() && (course.closedAt().isPresent() || course.count() > count);
    }

    /** The same with another course. */
    public StoredAnomaly with(Course course) {
        return with(course.closedAt(), course.peak(), course.count(), course.revision());
    }

    /** Closed, where nobody knows by what. */
    public StoredAnomaly closedBy(long lastAt) {
        return with(OptionalLong.of(Math.max(openedAt, lastAt)), peak, count, revision + 1);
    }

    private StoredAnomaly with(OptionalLong newClosedAt, double newPeak, long newCount, int newRevision) {
        return new StoredAnomaly(
                id,
                series,
                rule,
                ruleVersion,
                condition,
                severity,
                message,
                openedAt,
                arrivedAt,
                value,
                text,
                newClosedAt,
                newPeak,
                newCount,
                newRevision);
    }

    /** What a shard that is still being read may not have written yet is left out of those that are open. */
    public StoredAnomaly asFarAsFixed() {
        return closedAt.isPresent() ? this : with(OptionalLong.empty(), 0, 0, 0);
    }
}
