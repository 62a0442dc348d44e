package dev.millrace.processor.anomaly;

/** One measurement of one sensor over time. */
public record SeriesId(String sensorId, String metric) implements Comparable<SeriesId> {

    @Override
    public int compareTo(SeriesId other) {
        int bySensor = sensorId.compareTo(other.sensorId);
        return bySensor != 0 ? bySensor : metric.compareTo(other.metric);
    }
}
