package dev.millrace.local.platform;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.mqtt.MqttClient;
import io.vertx.mqtt.MqttClientOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Vert.x' client, which neither connects again nor sends again: that is done here, in the order of publishing. */
final class VertxMqttDevice implements MqttDevice {

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Message(String topic, byte[] payload, int qos, CompletableFuture<Void> delivered) {}

    private final Vertx vertx = Vertx.vertx();
    private final LinkedBlockingQueue<Message> fresh = new LinkedBlockingQueue<>();
    private final Queue<Message> unanswered = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> running;
    private volatile boolean closed;

    VertxMqttDevice(int port, String id) {
        running = CompletableFuture.runAsync(
                () -> {
                    while (!closed) {
                        connection(port, id);
                        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
                    }
                },
                Thread.ofVirtual()::start);
    }

    private void connection(int port, String id) {
        MqttClient client = MqttClient.create(
                vertx,
                new MqttClientOptions()
                        .setClientId(id)
                        .setKeepAliveInterval(5)
                        .setMaxInflightQueue(1_000)
                        .setAutoKeepAlive(true));
        Deliveries deliveries = new Deliveries();
        AtomicBoolean lost = new AtomicBoolean();
        client.closeHandler(_ -> lost.set(true));
        client.exceptionHandler(_ -> lost.set(true));
        client.publishCompletionHandler(deliveries::completed);
        try {
            client.connect(port, "127.0.0.1").await(10, TimeUnit.SECONDS);
            unanswered.removeIf(message -> message.delivered.isDone());
            List<Message> again = new ArrayList<>(unanswered);
            for (Message message : again) {
                send(client, deliveries, message);
            }
            while (!lost.get() && !closed) {
                Message message = fresh.poll(10, TimeUnit.MILLISECONDS);
                if (message != null) {
                    unanswered.add(message);
                    send(client, deliveries, message);
                }
                unanswered.removeIf(one -> one.delivered.isDone());
            }
            client.disconnect();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            // not connected, or not any more
        }
    }

    private static void send(MqttClient client, Deliveries deliveries, Message message) throws Exception {
        int id = client.publish(
                        message.topic, Buffer.buffer(message.payload), MqttQoS.valueOf(message.qos), false, false)
                .await(10, TimeUnit.SECONDS);
        if (message.qos == 0) {
            message.delivered.complete(null);
        } else {
            deliveries.sent(id, message.delivered);
        }
    }

    @Override
    public CompletableFuture<?> publish(String topic, byte[] payload, int qos) {
        Message message = new Message(topic, payload, qos, new CompletableFuture<>());
        fresh.add(message);
        return message.delivered;
    }

    @Override
    public void close() {
        closed = true;
        running.join();
        vertx.close().await();
    }
}
