package dev.millrace.local.simulate;

import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * What a simulated machine measures at one instant.
 *
 * @param temperature in °C
 * @param pressure in bar
 * @param vibration velocity in mm/s, root mean square
 * @param status {@code RUNNING}, {@code IDLE} or {@code FAULT}
 */
record SimulatedReading(
        String sensorId, Instant timestamp, double temperature, double pressure, double vibration, Status status) {

    enum Status {
        RUNNING,
        IDLE,
        FAULT
    }

    /** The body of its request. */
    JsonObject toJson() {
        return new JsonObject()
                .put("sensorId", sensorId)
                .put("temperature", temperature)
                .put("pressure", pressure)
                .put("vibration", vibration)
                .put("status", status.name())
                .put("timestamp", timestamp.toString());
    }
}
