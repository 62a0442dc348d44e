package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The anomalies that one batch opens, and the ends of those that were open before. To be read before a series that was fed into it
 * is fed into another; a {@linkplain Series#copy copy} may be.
 */
public final class Detection {

    /**
     * An anomaly that began, as it stood at the end of the batch.
     *
     * @param course perhaps closed already
     */
    public record Opened(Anomaly anomaly, Course course) {}

    /**
     * Another course of an anomaly that is known.
     *
     * @param severity what its rule now says; empty where that rule is gone
     */
    public record Changed(
            UUID id, SeriesId series, ConditionKind condition, Optional<Severity> severity, Course course) {}

    private static final class Opening {

        private final Anomaly anomaly;
        private Supplier<Course> course;

        private Opening(Anomaly anomaly, Supplier<Course> course) {
            this.anomaly = anomaly;
            this.course = course;
        }
    }

    private final List<Opening> openings = new ArrayList<>();
    private final Map<UUID, Opening> stillOpen = new HashMap<>();
    private final List<Changed> changed = new ArrayList<>();

    /** Notes an opening, and whom to ask for its course as long as it is open. */
    void open(Anomaly anomaly, Supplier<Course> course) {
        Opening opening = new Opening(anomaly, course);
        openings.add(opening);
        stillOpen.put(anomaly.id(), opening);
    }

    /** Notes an end. */
    void close(Changed end) {
        Opening opening = stillOpen.remove(end.id());
        if (opening == null) {
            changed.add(end);
        } else {
            opening.course = end::course;
        }
    }

    /** What began, in the order of opening. */
    public List<Opened> opened() {
        return openings.stream()
                .map(opening -> new Opened(opening.anomaly, opening.course.get()))
                .toList();
    }

    /** The ends of anomalies that others opened before; each at most once. */
    public List<Changed> changed() {
        return List.copyOf(changed);
    }

    public boolean isEmpty() {
        return openings.isEmpty() && changed.isEmpty();
    }
}
