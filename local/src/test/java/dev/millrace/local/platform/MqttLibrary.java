package dev.millrace.local.platform;

import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;

/** The client libraries that devices use, each with a session that it goes on with, but for Paho's for MQTT 5 and Vert.x'. */
enum MqttLibrary {
    PAHO_3 {
        @Override
        MqttDevice connect(int port, String id) throws Exception {
            return new PahoThree(port, id);
        }
    },
    PAHO_5 {
        @Override
        MqttDevice connect(int port, String id) throws Exception {
            return new PahoFiveDevice(port, id);
        }
    },
    HIVEMQ_3 {
        @Override
        MqttDevice connect(int port, String id) {
            return new HiveThree(port, id);
        }
    },
    HIVEMQ_5 {
        @Override
        MqttDevice connect(int port, String id) {
            return new HiveFive(port, id, Optional.empty());
        }
    },
    VERTX_3 {
        @Override
        MqttDevice connect(int port, String id) {
            return new VertxMqttDevice(port, id);
        }
    };

    private static final int KEEP_ALIVE_SECONDS = 5;
    private static final long SESSION_SECONDS = 600;
    private static final long RETRY_NANOS = 10_000_000;

    /** A device of that id; it tries until it is connected. */
    abstract MqttDevice connect(int port, String id) throws Exception;

    /** HiveMQ's client over WebSocket. */
    static MqttDevice overWebSocket(int port, String id) {
        return new HiveFive(port, id, Optional.of("mqtt"));
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static final class PahoThree implements MqttDevice {
        private final Deliveries deliveries = new Deliveries();
        private final org.eclipse.paho.client.mqttv3.MqttAsyncClient client;

        PahoThree(int port, String id) throws Exception {
            client = new org.eclipse.paho.client.mqttv3.MqttAsyncClient(
                    "tcp://127.0.0.1:" + port, id, new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence());
            client.setCallback(new MqttCallback() {
                @Override
                public void deliveryComplete(IMqttDeliveryToken token) {
                    deliveries.completed(token.getMessageId());
                }

                @Override
                public void connectionLost(Throwable cause) {}

                @Override
                public void messageArrived(String topic, MqttMessage message) {}
            });
            MqttConnectOptions options = new MqttConnectOptions();
            options.setCleanSession(false);
            options.setAutomaticReconnect(true);
            options.setMaxReconnectDelay(1_000);
            options.setMaxInflight(100);
            options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
            options.setConnectionTimeout(5);
            while (true) {
                try {
                    client.connect(options).waitForCompletion();
                    return;
                } catch (MqttException e) {
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
        }

        @Override
        public CompletableFuture<?> publish(String topic, byte[] payload, int qos) {
            CompletableFuture<Void> delivered = new CompletableFuture<>();
            while (true) {
                try {
                    // its listener is told of a failure when the connection is lost, though it is sent again on the
                    // next
                    deliveries.sent(client.publish(topic, payload, qos, false).getMessageId(), delivered);
                    return delivered;
                } catch (MqttException e) {
                    // not connected now, or too much on its way
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
        }

        @Override
        public void close() {
            try {
                client.disconnectForcibly(0, 1_000);
                client.close(true);
            } catch (MqttException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** As soon as may be, with everything that has no answer. */
    private static void again(MqttClientDisconnectedContext context) {
        context.getReconnector()
                .reconnect(context.getSource() != MqttDisconnectSource.USER)
                .republishIfSessionExpired(true)
                .delay(50, TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // its end is looked at where it matters
    private static final class HiveThree implements MqttDevice {
        private final Mqtt3AsyncClient client;

        HiveThree(int port, String id) {
            client = Mqtt3Client.builder()
                    .identifier(id)
                    .serverHost("127.0.0.1")
                    .serverPort(port)
                    .addDisconnectedListener(MqttLibrary::again)
                    .buildAsync();
            client.connectWith()
                    .cleanSession(false)
                    .keepAlive(KEEP_ALIVE_SECONDS)
                    .send();
            awaitConnected(() -> client.getState());
        }

        @Override
        public CompletableFuture<?> publish(String topic, byte[] payload, int qos) {
            return client.publishWith()
                    .topic(topic)
                    .payload(payload)
                    .qos(MqttQos.fromCode(qos))
                    .send();
        }

        @Override
        public void close() {
            client.disconnect();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // as above
    private static final class HiveFive implements MqttDevice {
        private final Mqtt5AsyncClient client;

        HiveFive(int port, String id, Optional<String> webSocketPath) {
            var builder = Mqtt5Client.builder()
                    .identifier(id)
                    .serverHost("127.0.0.1")
                    .serverPort(port)
                    .addDisconnectedListener(MqttLibrary::again);
            client = webSocketPath
                    .map(path -> builder.webSocketConfig()
                            .serverPath(path)
                            .applyWebSocketConfig()
                            .buildAsync())
                    .orElseGet(builder::buildAsync);
            client.connectWith()
                    .cleanStart(false)
                    .sessionExpiryInterval(SESSION_SECONDS)
                    .keepAlive(KEEP_ALIVE_SECONDS)
                    .send();
            awaitConnected(() -> client.getState());
        }

        @Override
        public CompletableFuture<?> publish(String topic, byte[] payload, int qos) {
            return client.publishWith()
                    .topic(topic)
                    .payload(payload)
                    .qos(MqttQos.fromCode(qos))
                    .send();
        }

        @Override
        public void close() {
            client.disconnect();
        }
    }

    private static void awaitConnected(java.util.function.Supplier<MqttClientState> state) {
        while (!state.get().isConnected()) {
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }
}
