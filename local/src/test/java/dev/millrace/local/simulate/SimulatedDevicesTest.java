package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedDevicesTest {

    private static final int SENSORS = 5;
    private static final Duration PERIOD = Duration.ofMillis(20);
    private static final long MAX_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();

    private @Nullable SimulatedDevices devices;

    @AfterEach
    void close() {
        if (devices != null) {
            devices.close();
        }
        vertx.close().await();
    }

    @Test
    void everyDevicePublishesReadingsWithRisingTimestamps() throws Exception {
        var server = listen(0, this::accept);

        devices = start(server.actualPort(), SENSORS);

        Set<String> seen = new HashSet<>();
        var last = Instant.EPOCH;
        while (seen.size() < SENSORS || last.equals(Instant.EPOCH)) {
            JsonObject reading = next();
            if (seen.add(reading.getString("sensorId"))) {
                assertTrue(reading.getDouble("temperature") > 0);
                assertTrue(reading.getDouble("pressure") > 0);
                assertTrue(reading.getDouble("vibration") > 0);
                assertTrue(List.of("RUNNING", "IDLE", "FAULT").contains(reading.getString("status")));
            }
            if (reading.getString("sensorId").equals("press-01")) {
                assertTrue(reading.getInstant("timestamp").isAfter(last));
                last = reading.getInstant("timestamp");
            }
        }
        assertEquals(Set.of("press-01", "pump-02", "motor-03", "compressor-04", "mixer-05"), seen);
    }

    @Test
    void goOnWhileTheGatewayIsAwayAndReachItAgain() throws Exception {
        int port = FreePort.choose();
        var server = listen(port, this::accept);

        devices = start(port, SENSORS);

        next();
        // When the gateway goes away
        server.close().await();
        received.clear();
        var refusals = new AtomicInteger();
        // Then, when something else answers there, they try it
        var other = listenAgain(port, request -> {
            refusals.incrementAndGet();
            request.response().setStatusCode(503).end();
        });
        awaitAtLeast(refusals, 3 * SENSORS);
        other.close().await();
        // And when it is back they publish again
        listenAgain(port, this::accept);
        next();
    }

    @Test
    void haveOneRequestEachInFlightWhileTheGatewayHangs() throws Exception {
        // Given a gateway that never answers the first device
        var inFlight = new AtomicInteger();
        var answered = new AtomicInteger();
        var server = listen(0, request -> request.body().onSuccess(body -> {
            if (body.toJsonObject().getString("sensorId").equals("press-01")) {
                inFlight.incrementAndGet();
            } else {
                answered.incrementAndGet();
                request.response().setStatusCode(202).end("{\"accepted\":1}");
            }
        }));

        devices = start(server.actualPort(), SENSORS);

        // When the others have published many times
        awaitAtLeast(answered, 20 * SENSORS);

        // Then the first one waits for its answer
        assertEquals(1, inFlight.get());
    }

    @Test
    void noneAreNone() throws Exception {
        var server = listen(0, this::accept);

        start(server.actualPort(), 0).close();

        assertEquals(0, received.size());
    }

    @Test
    void theyShowTheirKey() throws Exception {
        var server = listen(0, request -> {
            if ("Bearer key".equals(request.getHeader("Authorization"))) {
                accept(request);
            } else {
                request.response().setStatusCode(401).end();
            }
        });

        devices = start(server.actualPort(), SENSORS, Optional.of(new ApiKey("key")));

        next();
    }

    private SimulatedDevices start(int port, int sensors) {
        return start(port, sensors, Optional.empty());
    }

    private SimulatedDevices start(int port, int sensors, Optional<ApiKey> key) {
        return SimulatedDevices.start(
                vertx, URI.create("http://127.0.0.1:" + port), key, sensors, 1, PERIOD, InstantSource.system());
    }

    /** A socket of the JDK's own transport that was closed keeps its port until its selector has had another turn. */
    private HttpServer listenAgain(int port, Consumer<HttpServerRequest> handler) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (true) {
            try {
                return listen(port, handler);
            } catch (Exception e) {
                // a BindException, which await() does not declare
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    private HttpServer listen(int port, Consumer<HttpServerRequest> handler) {
        return vertx.createHttpServer()
                .requestHandler(handler::accept)
                .listen(port, "127.0.0.1")
                .await();
    }

    private void accept(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            received.add(body.toJsonObject());
            request.response().setStatusCode(202).end("{\"accepted\":1}");
        });
    }

    private JsonObject next() throws InterruptedException {
        JsonObject reading = received.poll(MAX_SECONDS, TimeUnit.SECONDS);
        assertTrue(reading != null, "no reading came");
        return reading;
    }

    private static void awaitAtLeast(AtomicInteger count, int least) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (count.get() < least) {
            assertTrue(System.nanoTime() - end < 0, () -> "only " + count.get() + " of " + least);
            Thread.onSpinWait();
        }
    }
}
