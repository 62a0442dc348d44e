package dev.millrace.processor.anomaly;

import java.util.List;

/**
 * What the committed rows tell of a series: all that a detector needs to go on.
 *
 * @param lastAt the timestamp of its latest value, number or text, microseconds since 1970
 * @param openRules the rules whose anomalies are open
 */
public record SeriesState(long lastAt, List<String> openRules) {

    /** The state of a series that has no value yet. */
    public static final SeriesState NEW = new SeriesState(Long.MIN_VALUE, List.of());

    public SeriesState {
        openRules = List.copyOf(openRules);
    }
}
