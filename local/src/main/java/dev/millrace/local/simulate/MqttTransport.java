package dev.millrace.local.simulate;

import dev.millrace.gateway.auth.ApiKey;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mqtt.MqttClientOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Readings as MQTT 3.1.1 publishes of QoS 1 to {@code sensors/{id}}. Each device has a connection of its own, but where there are
 * more devices than {@value #MAX_CONNECTIONS} several share one, as machines behind a gateway on the factory floor do.
 */
final class MqttTransport implements Transport {

    static final int MAX_CONNECTIONS = 100;

    private static final int DEFAULT_PORT = 1883;

    private final List<MqttConnection> connections = new ArrayList<>();

    /**
     * Over connections that are made when they are needed.
     *
     * @param gateway its address, {@code mqtt://host:port}
     * @param key what the devices show as their password
     * @param devices how many, at least one
     * @param random what waits and client ids derive from
     * @param nanoTime a monotonic clock, in nanoseconds
     */
    MqttTransport(
            Vertx vertx,
            URI gateway,
            Optional<ApiKey> key,
            int devices,
            Duration connectTimeout,
            Duration answerTimeout,
            RandomGenerator random,
            LongSupplier nanoTime) {
        int port = gateway.getPort() == -1 ? DEFAULT_PORT : gateway.getPort();
        int count = Math.min(devices, MAX_CONNECTIONS);
        // The newer of two clients with one id wins: two simulations of one gateway must not share theirs.
        int run = random.nextInt(1 << 24);
        for (int i = 0; i < count; i++) {
            var options = new MqttClientOptions()
                    .setClientId(String.format(Locale.ROOT, "simulated-%06x-%d", run, i + 1))
                    .setMaxInflightQueue((devices + count - 1) / count);
            // a device that reports once a second has its answers to know that the connection is alive
            options.setAutoKeepAlive(false);
            options.setConnectTimeout(Math.toIntExact(connectTimeout.toMillis()));
            // MQTT 3.1.1 has no password without a user name; the gateway does not look at that
            key.ifPresent(shown -> options.setUsername("any").setPassword(shown.text()));
            connections.add(new MqttConnection(
                    vertx, gateway.getHost(), port, options, answerTimeout, new ReconnectBackOff(random), nanoTime));
        }
    }

    @Override
    public Future<Void> publish(int device, SimulatedReading reading) {
        return connections
                .get(device % connections.size())
                .publish("sensors/" + reading.sensorId(), reading.toJson().toBuffer());
    }

    @Override
    public Future<?> close() {
        return Future.join(connections.stream().map(MqttConnection::close).toList());
    }
}
