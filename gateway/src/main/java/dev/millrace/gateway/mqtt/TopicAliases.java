package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.mqtt.packet.ReasonCode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the topic aliases of one connection mean (MQTT 5, 3.3.2.3.4). */
final class TopicAliases {

    /** No topic of readings, and short: what a client has an alias for may be 64 KiB long. */
    private static final String OTHER = "?";

    /** What comes of an alias. */
    sealed interface Resolved {

        record Topic(String name) implements Resolved {}

        record Invalid(ReasonCode reason) implements Resolved {}
    }

    private final int maximum;
    private @Nullable Map<Integer, String> topics;

    /** @param maximum the largest that the client may use */
    TopicAliases(int maximum) {
        this.maximum = maximum;
    }

    /**
     * The topic of a publish.
     *
     * @param alias −1: none
     * @param topic what the publish says, and the alias is to mean from now on; empty: what it means already
     */
    Resolved resolve(int alias, String topic) {
        if (alias < 0) {
            return new Resolved.Topic(topic);
        }
        if (alias == 0 || alias > maximum) {
            return new Resolved.Invalid(ReasonCode.TOPIC_ALIAS_INVALID);
        }
        if (topics == null) {
            topics = new HashMap<>();
        }
        if (!topic.isEmpty()) {
            topics.put(alias, Topic.sensorId(topic).isPresent() ? topic : OTHER);
            return new Resolved.Topic(topic);
        }
        String meant = topics.get(alias);
        return meant == null ? new Resolved.Invalid(ReasonCode.PROTOCOL_ERROR) : new Resolved.Topic(meant);
    }
}
