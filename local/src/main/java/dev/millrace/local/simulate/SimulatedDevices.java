package dev.millrace.local.simulate;

import dev.millrace.gateway.auth.ApiKey;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Simulated devices that each publish a reading once a second over HTTP, spread evenly over the second.
 *
 * <p>A device has at most one request in flight: while the gateway does not answer, its readings are lost, as a simple device
 * would lose them, and nothing queues up. A change between answering and not answering is logged once.
 */
public final class SimulatedDevices implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SimulatedDevices.class);

    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int MAX_CONNECTIONS = 16;
    private static final int CONNECT_TIMEOUT_MILLIS = 2000;
    private static final int ANSWER_TIMEOUT_MILLIS = 10_000;
    private static final int ANSWERS_IN_A_ROW = 5;

    private final Vertx vertx;
    private final String deployment;

    private SimulatedDevices(Vertx vertx, String deployment) {
        this.vertx = vertx;
        this.deployment = deployment;
    }

    /**
     * Starts the devices. Not to be called from an event loop.
     *
     * @param gateway its address, without a path of its own, such as {@code http://localhost:8080}
     * @param key what they show the gateway, where it asks
     * @param sensors how many devices, 0 for none
     * @param seed what their values derive from
     */
    public static SimulatedDevices start(Vertx vertx, URI gateway, Optional<ApiKey> key, int sensors, long seed) {
        return start(vertx, gateway, key, sensors, seed, PERIOD, InstantSource.system());
    }

    static SimulatedDevices start(
            Vertx vertx,
            URI gateway,
            Optional<ApiKey> key,
            int sensors,
            long seed,
            Duration period,
            InstantSource clock) {
        var plant = new Plant(gateway, key, sensors, seed, period, clock);
        return new SimulatedDevices(vertx, vertx.deployVerticle(plant).await());
    }

    /** Stops them; requests in flight are cut off. Not to be called from an event loop. */
    @Override
    public void close() {
        vertx.undeploy(deployment).await();
    }

    /** All devices, on one event loop. */
    private static final class Plant extends VerticleBase {

        private final URI gateway;
        private final Optional<ApiKey> key;
        private final int sensors;
        private final long seed;
        private final Duration period;
        private final InstantSource clock;
        private final Availability availability;
        private @Nullable HttpClientAgent client;

        Plant(URI gateway, Optional<ApiKey> key, int sensors, long seed, Duration period, InstantSource clock) {
            this.gateway = gateway;
            this.key = key;
            this.sensors = sensors;
            this.seed = seed;
            this.period = period;
            this.clock = clock;
            this.availability = new Availability(Math.clamp(sensors, 1, ANSWERS_IN_A_ROW));
        }

        @Override
        public Future<?> start() {
            var http = vertx.httpClientBuilder()
                    .with(new HttpClientOptions().setConnectTimeout(CONNECT_TIMEOUT_MILLIS))
                    .with(new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS).setMaxWaitQueueSize(Math.max(1, sensors)))
                    // Without a handler Vert.x logs each lost connection as an error; its request fails, which is told.
                    .withConnectHandler(connection ->
                            connection.exceptionHandler(failure -> log.debug("A connection is lost", failure)))
                    .build();
            client = http;
            IntStream.range(0, sensors).forEach(number -> {
                var device = new Device(new SimulatedMachine(number, seed), http);
                long offset = 1 + number * period.toMillis() / sensors;
                vertx.setPeriodic(offset, period.toMillis(), _ -> device.publish());
            });
            return Future.succeededFuture();
        }

        @Override
        public Future<?> stop() {
            var http = client;
            client = null; // nothing new from here on, and what is cut off is no news of the gateway
            return http == null ? Future.succeededFuture() : http.close();
        }

        private void tell(Optional<Availability.Change> change) {
            if (client == null || change.isEmpty()) {
                return;
            }
            switch (change.get()) {
                case Availability.Change.Available(boolean first)
                when first -> log.info("{} simulated devices publish to {} once a second", sensors, gateway);
                case Availability.Change.Available _ ->
                    log.info("The gateway takes the simulated devices' readings again");
                case Availability.Change.Unavailable(String reason) ->
                    log.warn(
                            "The gateway does not take the simulated devices' readings ({}); they go on trying",
                            reason);
            }
        }

        private final class Device {

            private final SimulatedMachine machine;
            private final HttpClient http;
            private boolean inFlight;

            Device(SimulatedMachine machine, HttpClient http) {
                this.machine = machine;
                this.http = http;
            }

            void publish() {
                // The machine goes on, whether anybody listens or not.
                SimulatedReading reading = machine.measure(clock.instant());
                if (inFlight || client == null) {
                    return;
                }
                inFlight = true;
                var request = new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setAbsoluteURI(gateway + "/sensors")
                        .setTimeout(ANSWER_TIMEOUT_MILLIS)
                        .putHeader("Content-Type", "application/json");
                key.ifPresent(shown -> request.putHeader("Authorization", shown.authorization()));
                http.request(request)
                        .compose(call -> call.send(reading.toJson().toBuffer()))
                        .compose(response -> response.end().map(_ -> response.statusCode()))
                        .onComplete(status -> {
                            inFlight = false;
                            if (status.failed()) {
                                tell(availability.failed(
                                        String.valueOf(status.cause().getMessage())));
                            } else if (status.result() == 202) {
                                tell(availability.accepted());
                            } else {
                                tell(availability.failed("HTTP " + status.result()));
                            }
                        });
            }
        }
    }
}
