package dev.millrace.gateway.mqtt;

import dev.millrace.core.config.Environment;
import java.time.Duration;

/**
 * What one client, or all of them together, may take of the MQTT server.
 *
 * @param maxConnections the most connections at a time; one more is closed at once
 * @param maxPacketBytes the largest packet, its first two to five bytes not counted
 * @param receiveMaximum publishes of one connection that have no answer yet, 1 to 65,535
 * @param topicAliasMaximum the largest topic alias of MQTT 5, 0: none are taken
 * @param connectTimeout how long a connection may be without a CONNECT
 * @param packetTimeout how long a packet may take from its first byte to its last, and a client to read what it is sent
 * @param maxKeepAlive the longest keep-alive; one of MQTT 5 who asks for a longer one is told to keep this
 * @param maxSessionExpiry how long a session without connection is kept at most
 * @param stallTimeout how long a publish may wait for the stream before its connection is closed; each connection takes three
 *     quarters to the whole of it by chance, so that not all of them come back at once
 */
public record MqttLimits(
        int maxConnections,
        int maxPacketBytes,
        int receiveMaximum,
        int topicAliasMaximum,
        Duration connectTimeout,
        Duration packetTimeout,
        Duration maxKeepAlive,
        Duration maxSessionExpiry,
        Duration stallTimeout) {

    private static final int KIB = 1024;

    /** What holds where no setting says otherwise. */
    public static final MqttLimits DEFAULT = new MqttLimits(
            10_000,
            256 * KIB,
            256,
            32,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(300),
            Duration.ofHours(1),
            Duration.ofSeconds(60));

    /** What {@code MQTT_MAX_CONNECTIONS} and the others say. */
    static MqttLimits read(Environment environment, Duration packetTimeout) {
        return new MqttLimits(
                environment.integer("MQTT_MAX_CONNECTIONS", DEFAULT.maxConnections, 1, 1_000_000),
                environment.integer("MQTT_MAX_PACKET_BYTES", DEFAULT.maxPacketBytes, 20 * KIB, 4096 * KIB),
                environment.integer("MQTT_RECEIVE_MAXIMUM", DEFAULT.receiveMaximum, 1, 65_535),
                environment.integer("MQTT_TOPIC_ALIAS_MAXIMUM", DEFAULT.topicAliasMaximum, 0, 1_000),
                DEFAULT.connectTimeout,
                packetTimeout,
                environment.duration("MQTT_MAX_KEEP_ALIVE", "300s", Duration.ofSeconds(1), Duration.ofSeconds(43_690)),
                environment.duration("MQTT_MAX_SESSION_EXPIRY", "1h", Duration.ZERO, Duration.ofDays(7)),
                environment.duration("MQTT_STALL_TIMEOUT", "60s", Duration.ofSeconds(1), Duration.ofMinutes(10)));
    }
}
