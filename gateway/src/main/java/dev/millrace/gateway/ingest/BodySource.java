package dev.millrace.gateway.ingest;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a body comes from, as far as it says what its readings are.
 *
 * @param scope the sensors whose readings the sender may report
 * @param sensorId the sensor that the body was sent for: a reading that names none is of it, one that names another is
 *     refused; empty where each reading must name its own
 * @param receivedAt the time of readings that have none, microseconds since 1970; those of one body get it and the microseconds
 *     after it, so that two stay two. Empty: when each is decoded
 */
public record BodySource(SensorScope scope, Optional<String> sensorId, OptionalLong receivedAt) {

    /** A sender whose readings say themselves what they are. */
    public static BodySource of(SensorScope scope) {
        return new BodySource(scope, Optional.empty(), OptionalLong.empty());
    }
}
