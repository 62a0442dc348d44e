package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.Names;
import java.util.Optional;

/** The topics that readings are published to: {@code sensors/{sensorId}}. */
final class Topic {

    private static final String PREFIX = "sensors/";

    private Topic() {}

    /** The sensor of a topic; empty where it is another topic. */
    static Optional<String> sensorId(String topic) {
        if (!topic.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String id = topic.substring(PREFIX.length());
        return Names.isSensorId(id) ? Optional.of(id) : Optional.empty();
    }
}
