package dev.millrace.gateway.query;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;

/** Latest values that are quick to read, but may be away or know only some sensors. */
public interface SensorCache {

    /** The sensors that it knows completely, by id; fails while it cannot be reached. */
    Future<Map<String, LatestValues>> latest(List<String> sensorIds);
}
