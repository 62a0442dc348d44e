package dev.millrace.local.simulate;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.mqtt.MqttAuth;
import io.vertx.mqtt.MqttEndpoint;
import io.vertx.mqtt.MqttServer;
import io.vertx.mqtt.messages.MqttPublishMessage;
import java.util.Optional;
import java.util.function.Consumer;

/** One that takes publishes of QoS 1 to {@code sensors/{id}}, and answers nothing else. MQTT 3.1.1 refuses by closing. */
final class MqttStandIn implements StandIn {

    private final MqttServer server;

    /** One that lets everybody in. */
    MqttStandIn(Vertx vertx, int port, Judge judge) {
        this(vertx, port, MqttEndpoint::accept, judge);
    }

    /**
     * One with a door.
     *
     * @param door answers a CONNECT, or does not
     */
    MqttStandIn(Vertx vertx, int port, Consumer<MqttEndpoint> door, Judge judge) {
        server = MqttServer.create(vertx)
                .endpointHandler(endpoint -> {
                    endpoint.publishHandler(message -> take(endpoint, message, judge));
                    door.accept(endpoint);
                })
                .listen(port, "127.0.0.1")
                .await();
    }

    private static void take(MqttEndpoint endpoint, MqttPublishMessage message, Judge judge) {
        JsonObject reading = message.payload().toJsonObject();
        if (message.qosLevel() != MqttQoS.AT_LEAST_ONCE
                || !message.topicName().equals("sensors/" + reading.getString("sensorId"))) {
            endpoint.close();
            return;
        }
        switch (judge.of(reading, Optional.ofNullable(endpoint.auth()).map(MqttAuth::getPassword))) {
            case ACKNOWLEDGED -> endpoint.publishAcknowledge(message.messageId());
            case REFUSED -> endpoint.close();
            case UNANSWERED -> {}
        }
    }

    @Override
    public int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        server.close().await();
    }
}
