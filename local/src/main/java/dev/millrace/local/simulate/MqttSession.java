package dev.millrace.local.simulate;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.CloseFuture;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.mqtt.MqttClient;
import io.vertx.mqtt.MqttClientOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One MQTT connection from its making to its end. A client is used for one connection only: Vert.x's keeps what was not
 * acknowledged on a lost connection in its count of publishes in flight, and knows no time-out for a CONNACK that does not come.
 *
 * <p>It has a context of its own, on the event loop of whoever opens it, whose resources end with it: what makes a
 * {@code NetClient}, as each MQTT connection does, keeps it until its context ends, though it is closed (eclipse-vertx/vert.x
 * 6311, up to 5.1.6), so that devices before a gateway that stays away would fill the memory.
 */
final class MqttSession {

    private final Vertx vertx;
    private final CloseFuture resources = new CloseFuture();
    private final MqttClient client;
    private final Duration answerTimeout;
    private final Consumer<String> ended;
    private final Promise<Void> connected = Promise.promise();
    private final Map<Integer, Promise<Void>> unacknowledged = new HashMap<>();
    private boolean over;

    private MqttSession(Vertx vertx, MqttClientOptions options, Duration answerTimeout, Consumer<String> ended) {
        this.vertx = vertx;
        this.client = MqttClient.create(vertx, options);
        this.answerTimeout = answerTimeout;
        this.ended = ended;
    }

    /**
     * Begins to connect.
     *
     * @param options with room in flight for as many publishes as there will be at a time
     * @param answerTimeout how long the server may take for a CONNACK or a PUBACK; then the connection is given up
     * @param ended told the reason, once, when there is no connection or none any more; not after {@link #close}
     */
    static MqttSession open(
            Vertx vertx,
            String host,
            int port,
            MqttClientOptions options,
            Duration answerTimeout,
            Consumer<String> ended) {
        var session = new MqttSession(vertx, options, answerTimeout, ended);
        session.connect(host, port);
        return session;
    }

    private void connect(String host, int port) {
        client.publishCompletionHandler(this::acknowledged);
        client.closeHandler(_ -> end("The connection was closed"));
        long timer = vertx.setTimer(
                answerTimeout.toMillis(), _ -> end("No CONNACK within " + answerTimeout.toMillis() + " ms"));
        context().dispatch(() -> client.connect(port, host).onComplete(answer -> {
            vertx.cancelTimer(timer);
            if (answer.succeeded()) {
                connected.tryComplete();
            } else {
                end(String.valueOf(answer.cause().getMessage()));
            }
        }));
    }

    private ContextInternal context() {
        var internal = (VertxInternal) vertx;
        return internal.contextBuilder()
                .withEventLoop(internal.getOrCreateContext().nettyEventLoop())
                .withCloseFuture(resources)
                .build();
    }

    /** Publishes with QoS 1, once it is connected; done when the server has acknowledged it. */
    Future<Void> publish(String topic, Buffer payload) {
        return connected.future().compose(_ -> send(topic, payload));
    }

    private Future<Void> send(String topic, Buffer payload) {
        Promise<Void> acknowledged = Promise.promise();
        if (over) {
            // the client throws where there is no connection
            acknowledged.fail("The connection was closed");
            return acknowledged.future();
        }
        long timer = vertx.setTimer(answerTimeout.toMillis(), _ -> {
            String reason = "No PUBACK within " + answerTimeout.toMillis() + " ms";
            end(reason);
            acknowledged.tryFail(reason); // which was not among the unacknowledged yet if it is not sent yet
        });
        // The packet's id is known when its last byte has left, on this event loop: so before its PUBACK is read.
        client.publish(topic, payload, MqttQoS.AT_LEAST_ONCE, false, false).onComplete(sent -> {
            if (sent.succeeded() && !over) {
                unacknowledged.put(sent.result(), acknowledged);
            } else {
                String reason = sent.failed() ? String.valueOf(sent.cause().getMessage()) : "The connection was closed";
                end(reason);
                acknowledged.tryFail(reason);
            }
        });
        return acknowledged.future().onComplete(_ -> vertx.cancelTimer(timer));
    }

    private void acknowledged(int packetId) {
        Promise<Void> waiting = unacknowledged.remove(packetId);
        if (waiting != null) {
            waiting.tryComplete();
        }
    }

    /** Disconnects, which the server is told; everything that waits fails. */
    Future<Void> close() {
        over = true;
        fail("The devices stop");
        boolean told = client.isConnected();
        Future<Void> disconnected = client.disconnect();
        // While TCP connects, the disconnection would wait for it.
        return told ? disconnected.eventually(resources::close) : resources.close();
    }

    private void end(String reason) {
        if (over) {
            return;
        }
        over = true;
        // first, so that who is told of a failed reading and tries again gets another connection
        ended.accept(reason);
        fail(reason);
        client.disconnect();
        resources.close();
    }

    private void fail(String reason) {
        connected.tryFail(reason);
        List<Promise<Void>> waiting = List.copyOf(unacknowledged.values());
        unacknowledged.clear();
        waiting.forEach(promise -> promise.tryFail(reason));
    }
}
