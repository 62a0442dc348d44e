package dev.millrace.local.platform;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * Paho's client for MQTT 5, a new one for each connection, without a session: what has no answer is published again by us, in the
 * order of publishing.
 *
 * <p>Left to itself (a session, automatic reconnect) 1.2.5 goes wrong where a server takes topic aliases, and no option of it turns
 * them off. {@code ClientState.send} removes the topic from the message that it keeps ({@code setTopicName(null)}, line 520), and
 * {@code restoreInflightMessages} (line 453) has it sent again on the next connection with nothing but the alias, which ended
 * with the connection before (3.3.2.3.4). The server must answer DISCONNECT 0x82, upon which the client connects and sends
 * the same, for ever. Known as issue 1104 of eclipse-paho/paho.mqtt.java.
 */
final class PahoFiveDevice implements MqttDevice {

    private static final int KEEP_ALIVE_SECONDS = 5;
    private static final int CONNECT_SECONDS = 5;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Message(String topic, byte[] payload, int qos, CompletableFuture<Void> delivered)
            implements MqttActionListener {

        @Override
        public void onSuccess(IMqttToken token) {
            delivered.complete(null);
        }

        @Override
        public void onFailure(IMqttToken token, Throwable cause) {
            // the connection is lost; it is published again on the next
        }
    }

    private final int port;
    private final String id;
    private final Queue<Message> unanswered = new ArrayDeque<>();
    private final CompletableFuture<Void> running;
    private MqttAsyncClient client;
    private volatile boolean closed;

    PahoFiveDevice(int port, String id) throws MqttException {
        this.port = port;
        this.id = id;
        this.client = disconnected();
        this.running = CompletableFuture.runAsync(this::run, Thread.ofVirtual().name(id)::start);
    }

    private MqttAsyncClient disconnected() throws MqttException {
        return new MqttAsyncClient("tcp://127.0.0.1:" + port, id, new MemoryPersistence());
    }

    private void run() {
        while (!closed) {
            try {
                stayConnected();
            } catch (MqttException e) {
                // the network is bad
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    private synchronized void stayConnected() throws MqttException {
        if (client.isConnected()) {
            return;
        }
        // what is left of one that did not get its CONNACK in time
        client.disconnectForcibly(0, 1, false);
        client = disconnected();
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
        options.setConnectionTimeout(CONNECT_SECONDS);
        client.connect(options).waitForCompletion(TimeUnit.SECONDS.toMillis(CONNECT_SECONDS));
        unanswered.removeIf(message -> message.delivered.isDone());
        for (Message message : unanswered) {
            send(message);
        }
    }

    private void send(Message message) throws MqttException {
        client.publish(message.topic, message.payload, message.qos, false, null, message);
    }

    @Override
    public synchronized CompletableFuture<?> publish(String topic, byte[] payload, int qos) {
        unanswered.removeIf(message -> message.delivered.isDone());
        Message message = new Message(topic, payload, qos, new CompletableFuture<>());
        unanswered.add(message);
        try {
            send(message);
        } catch (MqttException e) {
            // not connected, and so for all that come behind it until it is sent on the next connection
        }
        return message.delivered;
    }

    @Override
    public void close() {
        closed = true;
        running.join();
        try {
            client.disconnectForcibly(0, 1_000, true);
            client.close(true);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
