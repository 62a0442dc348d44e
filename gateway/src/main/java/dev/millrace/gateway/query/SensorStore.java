package dev.millrace.gateway.query;

import dev.millrace.core.reading.Measurement;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is stored for good. Times are microseconds since 1970. A future fails with {@link StoreUnavailable} while the store cannot
 * answer; any other failure is a defect.
 */
public interface SensorStore {

    /** At most {@code limit} ids that come behind {@code after}, in the order of their characters. */
    Future<List<String>> sensorIds(String after, int limit);

    /** The latest values of those of the sensors that are stored, by id. */
    Future<Map<String, LatestValues>> latest(List<String> sensorIds);

    /**
     * Stored points, newest first.
     *
     * @param metric one measurement's name; empty: all
     * @param from the earliest time, included
     * @param to the latest time, not included
     * @param limit the most instants, not points
     */
    record ReadingsQuery(String sensorId, Optional<String> metric, OptionalLong from, OptionalLong to, int limit) {}

    /** What a sensor measured at one instant. */
    record StoredReading(long timestamp, List<Measurement> measurements) {}

    /** The most points of one page, whatever the limit of instants is: a sensor may have many measurements. */
    int MAX_POINTS = 20_000;

    /**
     * Stored readings, newest first.
     *
     * @param more whether there may be older ones that match
     */
    record ReadingsPage(List<StoredReading> readings, boolean more) {}

    /** The points that match, newest first; empty where the sensor was never seen. */
    Future<Optional<ReadingsPage>> readings(ReadingsQuery query);
}
