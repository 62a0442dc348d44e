package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import dev.millrace.local.simulate.StandIn.Judge;
import dev.millrace.local.simulate.StandIn.Verdict;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What simulated devices do, whichever way their readings go. */
abstract class SimulatedDevicesContract {

    static final int SENSORS = 5;

    final Vertx vertx = Vertx.vertx();
    final Plant plant = new Plant(vertx);

    /** The scheme of the way's addresses. */
    abstract String scheme();

    abstract StandIn listen(int port, Judge judge);

    @AfterEach
    void close() {
        plant.close();
        vertx.close().await();
    }

    @Test
    void everyDevicePublishesReadingsWithRisingTimestamps() throws Exception {
        start(listen(0, plant::accept).port());

        Set<String> seen = new HashSet<>();
        var last = Instant.EPOCH;
        int risen = 0;
        while (seen.size() < SENSORS || risen < 3) {
            JsonObject reading = plant.next();
            if (seen.add(reading.getString("sensorId"))) {
                assertTrue(reading.getDouble("temperature") > 0);
                assertTrue(reading.getDouble("pressure") > 0);
                assertTrue(reading.getDouble("vibration") > 0);
                assertTrue(List.of("RUNNING", "IDLE", "FAULT").contains(reading.getString("status")));
            }
            if (reading.getString("sensorId").equals("press-01")) {
                assertTrue(reading.getInstant("timestamp").isAfter(last));
                last = reading.getInstant("timestamp");
                risen++;
            }
        }
        assertEquals(Set.of("press-01", "pump-02", "motor-03", "compressor-04", "mixer-05"), seen);
    }

    @Test
    void goOnWhileTheGatewayIsAwayAndReachItAgain() throws Exception {
        int port = FreePort.choose();
        StandIn server = listen(port, plant::accept);
        start(port);
        plant.next();
        // When the gateway goes away
        server.close();
        plant.forget();
        var refusals = new AtomicInteger();
        // Then, when something else answers there, they try it
        StandIn other = listenAgain(port, (_, _) -> {
            refusals.incrementAndGet();
            return Verdict.REFUSED;
        });
        Plant.awaitAtLeast(refusals, 3 * SENSORS);
        other.close();
        // And when it is back they publish again
        listenAgain(port, plant::accept);
        plant.next();
    }

    @Test
    void haveOneReadingEachOnItsWayWhileTheGatewayHangs() {
        // Given a gateway that never answers the first device
        var inFlight = new AtomicInteger();
        var answered = new AtomicInteger();
        StandIn server = listen(0, (reading, _) -> {
            if (reading.getString("sensorId").equals("press-01")) {
                inFlight.incrementAndGet();
                return Verdict.UNANSWERED;
            }
            answered.incrementAndGet();
            return Verdict.ACKNOWLEDGED;
        });

        start(server.port());

        // When the others have published many times
        Plant.awaitAtLeast(answered, 20 * SENSORS);

        // Then the first one waits for its answer
        assertEquals(1, inFlight.get());
    }

    @Test
    void tryAgainAfterAnAnswerThatDoesNotCome() throws Exception {
        var asked = new AtomicInteger();
        StandIn server = listen(
                0,
                (reading, key) -> asked.incrementAndGet() <= SENSORS ? Verdict.UNANSWERED : plant.accept(reading, key));

        plant.start(List.of(address(server.port())), Optional.empty(), SENSORS, Plant.IMPATIENT);

        // twice the same device: the first of the two was acknowledged
        Set<String> seen = new HashSet<>();
        while (seen.add(plant.next().getString("sensorId"))) {}
    }

    @Test
    void noneAreNone() {
        StandIn server = listen(0, plant::accept);

        plant.start(List.of(address(server.port())), Optional.empty(), 0, Plant.PATIENT);
        plant.close();

        assertEquals(0, plant.received());
    }

    @Test
    void theyShowTheirKey() throws Exception {
        StandIn server = listen(
                0, (reading, key) -> key.equals(Optional.of("key")) ? plant.accept(reading, key) : Verdict.REFUSED);

        plant.start(List.of(address(server.port())), Optional.of(new ApiKey("key")), SENSORS, Plant.PATIENT);

        plant.next();
    }

    void start(int port) {
        plant.start(List.of(address(port)), Optional.empty(), SENSORS, Plant.PATIENT);
    }

    URI address(int port) {
        return URI.create(scheme() + "://127.0.0.1:" + port);
    }

    /** A socket of the JDK's own transport that was closed keeps its port until its selector has had another turn. */
    StandIn listenAgain(int port, Judge judge) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (true) {
            try {
                return listen(port, judge);
            } catch (Exception e) {
                // a BindException, which await() does not declare
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                LockSupport.parkNanos(2_000_000);
            }
        }
    }
}
