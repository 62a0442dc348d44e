package dev.millrace.local.simulate;

import dev.millrace.gateway.auth.ApiKey;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Simulated devices that each publish a reading once a second, over HTTP or MQTT, spread evenly over the second.
 *
 * <p>A device has at most one reading on its way: while the gateway does not answer, its readings are lost, as a simple device
 * would lose them, and nothing queues up. A change between answering and not answering is logged once, for each way.
 */
public final class SimulatedDevices implements AutoCloseable {

    private final Vertx vertx;
    private final String deployment;

    private SimulatedDevices(Vertx vertx, String deployment) {
        this.vertx = vertx;
        this.deployment = deployment;
    }

    /**
     * Starts the devices. Not to be called from an event loop.
     *
     * @param gateways the gateway's addresses, which the devices take in turn: {@code http} or {@code https} without a path of its
     *     own, such as {@code http://localhost:8080}, or {@code mqtt}, such as {@code mqtt://localhost:1883}
     * @param key what they show the gateway, where it asks
     * @param sensors how many devices, 0 for none
     * @param seed what their values derive from
     */
    public static SimulatedDevices start(
            Vertx vertx, List<URI> gateways, Optional<ApiKey> key, int sensors, long seed) {
        return start(vertx, gateways, key, sensors, seed, Pace.ONCE_A_SECOND, Surroundings.real());
    }

    static SimulatedDevices start(
            Vertx vertx,
            List<URI> gateways,
            Optional<ApiKey> key,
            int sensors,
            long seed,
            Pace pace,
            Surroundings surroundings) {
        var plant = new Plant(List.copyOf(gateways), key, sensors, seed, pace, surroundings);
        return new SimulatedDevices(vertx, vertx.deployVerticle(plant).await());
    }

    /** Stops them; what is on its way is cut off. Not to be called from an event loop. */
    @Override
    public void close() {
        vertx.undeploy(deployment).await();
    }

    /**
     * How fast they are.
     *
     * @param period from one reading of a device to the next
     * @param connectTimeout how long a connection may take
     * @param answerTimeout how long an answer may take
     */
    record Pace(Duration period, Duration connectTimeout, Duration answerTimeout) {

        static final Pace ONCE_A_SECOND =
                new Pace(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(10));
    }

    /**
     * What is not theirs.
     *
     * @param clock what their timestamps come from
     * @param nanoTime a monotonic clock, in nanoseconds
     * @param random what waits and client ids derive from
     */
    record Surroundings(InstantSource clock, LongSupplier nanoTime, RandomGenerator random) {

        static Surroundings real() {
            return new Surroundings(InstantSource.system(), System::nanoTime, new SplittableRandom());
        }
    }

    /** All devices, on one event loop. */
    private static final class Plant extends VerticleBase {

        private final List<URI> gateways;
        private final Optional<ApiKey> key;
        private final int sensors;
        private final long seed;
        private final Pace pace;
        private final Surroundings surroundings;
        private final List<Fleet> fleets = new ArrayList<>();

        Plant(List<URI> gateways, Optional<ApiKey> key, int sensors, long seed, Pace pace, Surroundings surroundings) {
            this.gateways = gateways;
            this.key = key;
            this.sensors = sensors;
            this.seed = seed;
            this.pace = pace;
            this.surroundings = surroundings;
        }

        @Override
        public Future<?> start() {
            int ways = gateways.size();
            for (int way = 0; way < Math.min(ways, sensors); way++) {
                int devices = (sensors - way + ways - 1) / ways;
                URI gateway = gateways.get(way);
                var fleet = new Fleet(gateway, transport(gateway, devices), devices, surroundings.clock());
                fleets.add(fleet);
                for (int i = 0; i < devices; i++) {
                    int number = i * ways + way;
                    Fleet.Device device = fleet.device(i, new SimulatedMachine(number, seed));
                    long period = pace.period().toMillis();
                    vertx.setPeriodic(1 + number * period / sensors, period, _ -> device.publish());
                }
            }
            return Future.succeededFuture();
        }

        private Transport transport(URI gateway, int devices) {
            return switch (String.valueOf(gateway.getScheme())) {
                case "http", "https" ->
                    new HttpTransport(vertx, gateway, key, devices, pace.connectTimeout(), pace.answerTimeout());
                case "mqtt" ->
                    new MqttTransport(
                            vertx,
                            gateway,
                            key,
                            devices,
                            pace.connectTimeout(),
                            pace.answerTimeout(),
                            surroundings.random(),
                            surroundings.nanoTime());
                default -> throw new IllegalArgumentException("no way to publish to " + gateway);
            };
        }

        @Override
        public Future<?> stop() {
            return Future.join(fleets.stream().map(Fleet::close).toList());
        }
    }
}
