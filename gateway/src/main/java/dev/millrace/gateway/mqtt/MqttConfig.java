package dev.millrace.gateway.mqtt;

import dev.millrace.core.config.Environment;
import java.time.Duration;
import java.util.Optional;

/**
 * The MQTT server.
 *
 * @param host the address that it binds to
 * @param port its port without TLS; empty: none
 * @param tlsPort its port of TLS; empty: none
 * @param webSocketPort the port on which it speaks MQTT over WebSocket; empty: on none
 * @param limits what clients may take of it
 */
public record MqttConfig(
        String host,
        Optional<Integer> port,
        Optional<Integer> tlsPort,
        Optional<Integer> webSocketPort,
        MqttLimits limits) {

    /**
     * What {@code MQTT_HOST}, {@code MQTT_PORT}, {@code MQTTS_PORT}, {@code MQTT_WEBSOCKET_PORT} and those of the limits say.
     *
     * @param tls whether there is a certificate
     */
    public static MqttConfig read(Environment environment, String httpHost, Duration packetTimeout, boolean tls) {
        return new MqttConfig(
                environment.text("MQTT_HOST", httpHost),
                environment.portOrOff("MQTT_PORT", 1883),
                environment.portOrOff("MQTTS_PORT", 8883).filter(_ -> tls),
                environment.optionalText("MQTT_WEBSOCKET_PORT").map(_ -> environment.port("MQTT_WEBSOCKET_PORT", 0)),
                MqttLimits.read(environment, packetTimeout));
    }
}
