package dev.millrace.gateway.mqtt.packet;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a CONNACK of MQTT 5 tells of the server (3.2.2.3).
 *
 * @param receiveMaximum unacknowledged publishes, 1 to 65,535
 * @param maximumPacketSize bytes
 * @param topicAliasMaximum the largest topic alias
 * @param assignedClientId the client's id where it had none
 * @param sessionExpirySeconds where it differs from what the client asked for
 * @param serverKeepAliveSeconds where it differs from the client's
 */
public record Terms(
        int receiveMaximum,
        int maximumPacketSize,
        int topicAliasMaximum,
        Optional<String> assignedClientId,
        OptionalLong sessionExpirySeconds,
        OptionalInt serverKeepAliveSeconds) {}
