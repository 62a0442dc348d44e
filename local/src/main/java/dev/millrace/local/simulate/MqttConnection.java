package dev.millrace.local.simulate;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.mqtt.MqttClientOptions;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A device's connection, made when there is a reading to send, and made anew, with back-off, when it is lost, refused or does not
 * answer in time.
 *
 * <p>Without a connection, or while a wait runs, there is no timer: the next reading after it connects. Devices that report once
 * a second come back within a second of their wait's end.
 */
final class MqttConnection {

    private sealed interface State {

        /** There is none; the next one may be made from {@code since} on, in nanoseconds of the ticker. */
        record Down(long since, String reason) implements State {}

        /** It is being made, or made. */
        record Up(MqttSession session) implements State {}

        record Closed() implements State {}
    }

    private final Vertx vertx;
    private final String host;
    private final int port;
    private final MqttClientOptions options;
    private final Duration answerTimeout;
    private final ReconnectBackOff backOff;
    private final LongSupplier nanoTime;
    private State state;

    MqttConnection(
            Vertx vertx,
            String host,
            int port,
            MqttClientOptions options,
            Duration answerTimeout,
            ReconnectBackOff backOff,
            LongSupplier nanoTime) {
        this.vertx = vertx;
        this.host = host;
        this.port = port;
        this.options = options;
        this.answerTimeout = answerTimeout;
        this.backOff = backOff;
        this.nanoTime = nanoTime;
        this.state = new State.Down(nanoTime.getAsLong(), "There was no connection yet");
    }

    /** Publishes with QoS 1; done when the server has acknowledged it, failed at once while a wait runs. */
    Future<Void> publish(String topic, Buffer payload) {
        return switch (state) {
            case State.Up(MqttSession session) -> publish(session, topic, payload);
            case State.Down(long since, String _)
            when nanoTime.getAsLong() - since >= 0 -> publish(open(), topic, payload);
            case State.Down(long _, String reason) -> Future.failedFuture(reason);
            case State.Closed _ -> Future.failedFuture("The devices stop");
        };
    }

    private Future<Void> publish(MqttSession session, String topic, Buffer payload) {
        // A connection that takes no reading, such as one whose key may not report the sensor, is no reason to hurry.
        return session.publish(topic, payload).onSuccess(_ -> backOff.reset());
    }

    /** Disconnects; what is on its way is given up. */
    Future<Void> close() {
        State before = state;
        state = new State.Closed();
        return before instanceof State.Up(MqttSession session) ? session.close() : Future.succeededFuture();
    }

    private MqttSession open() {
        var session = MqttSession.open(vertx, host, port, options, answerTimeout, this::ended);
        state = new State.Up(session);
        return session;
    }

    private void ended(String reason) {
        state = new State.Down(nanoTime.getAsLong() + backOff.next().toNanos(), reason);
    }
}
