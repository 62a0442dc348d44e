package dev.millrace.processor.store;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What is stored of sensors, across shards. Its methods block the calling virtual thread; one thread at a time calls them. */
public interface SensorStore {

    /** The latest values of sensors by measurement, as committed; a sensor without any is not in the answer. */
    Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds);

    /**
     * Sensors in the order of their ids, a page at a time, of which a reading arrived at an instant or after it.
     *
     * @param since microseconds since 1970; {@link Long#MIN_VALUE}: all that ever reported
     * @param after the last id of the page before; empty for the first page
     * @param limit at least 1
     */
    Loaded<List<String>> seenSince(long since, String after, int limit);

    /** Gives back what it holds. It may be used again. */
    void close();
}
