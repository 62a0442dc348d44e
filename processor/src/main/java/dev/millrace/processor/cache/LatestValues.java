package dev.millrace.processor.cache;

import dev.millrace.processor.store.LatestValue;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where readers find the latest values of sensors without asking the database. It never fails, and holds up its caller
 * for no longer than two uses of the cache of about a second each and a query of the database: what it could not take it makes
 * good later. One thread at a time calls it.
 */
public interface LatestValues {

    /**
     * Takes over values that are committed, each the latest of its series.
     *
     * @param bySensor at most one value a measurement
     */
    void update(Map<String, List<LatestValue>> bySensor);

    /**
     * Learns that values of these sensors may have been committed, though nobody can tell which: what is stored counts.
     */
    void doubt(Set<String> sensorIds);

    /** Goes on with what is to be made good; to be called every now and then, also when there is nothing new. */
    void tend();
}
