package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.SeriesId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What was found in values that were fed. */
public final class Detection {

    /** An anomaly that was opened, and its course as of now. */
    public record Opened(Anomaly anomaly, Course course) {}

    /** The end of an anomaly that was opened before, or how it stands. */
    public record Changed(UUID id, SeriesId series, Course course) {}

    private final Map<UUID, Opened> opened = new LinkedHashMap<>();
    private final Map<UUID, Changed> changed = new LinkedHashMap<>();

    void open(Anomaly anomaly, Course course) {
        opened.put(anomaly.id(), new Opened(anomaly, course));
    }

    /** Its course where it was opened into this, or is closed. */
    void goesOn(UUID id, SeriesId series, Course course) {
        Opened own = opened.get(id);
        if (own != null) {
            opened.put(id, new Opened(own.anomaly, course));
        } else if (course.closedAt().isPresent()) {
            changed.put(id, new Changed(id, series, course));
        }
    }

    /** In the order of opening; some may be closed already. */
    public List<Opened> opened() {
        return new ArrayList<>(opened.values());
    }

    /** The ends of anomalies that were opened before. */
    public List<Changed> changed() {
        return new ArrayList<>(changed.values());
    }

    public boolean isEmpty() {
        return opened.isEmpty() && changed.isEmpty();
    }
}
