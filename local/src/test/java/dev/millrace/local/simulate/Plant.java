package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.simulate.SimulatedDevices.Pace;
import dev.millrace.local.simulate.SimulatedDevices.Surroundings;
import dev.millrace.local.simulate.StandIn.Verdict;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Simulated devices under test, fifty readings a second each, and what a gateway took of them. */
final class Plant {

    private static final Duration PERIOD = Duration.ofMillis(20);
    private static final long MAX_SECONDS = 60;

    /** No answer is too late. */
    static final Pace PATIENT = new Pace(PERIOD, Duration.ofMinutes(5), Duration.ofMinutes(5));

    /** They wait for an answer as long as a slow machine needs for one. */
    static final Pace IMPATIENT = new Pace(PERIOD, Duration.ofSeconds(5), Duration.ofSeconds(2));

    private final Vertx vertx;
    private final BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();

    /** How often any device has measured. */
    final AtomicInteger measured = new AtomicInteger();

    private @Nullable SimulatedDevices devices;

    Plant(Vertx vertx) {
        this.vertx = vertx;
    }

    void start(List<URI> gateways, Optional<ApiKey> key, int sensors, Pace pace) {
        start(gateways, key, sensors, pace, System::nanoTime);
    }

    /**
     * Starts them.
     *
     * @param nanoTime what their back-off goes by
     */
    void start(List<URI> gateways, Optional<ApiKey> key, int sensors, Pace pace, LongSupplier nanoTime) {
        InstantSource clock = () -> {
            measured.incrementAndGet();
            return InstantSource.system().instant();
        };
        devices = SimulatedDevices.start(
                vertx, gateways, key, sensors, 1, pace, new Surroundings(clock, nanoTime, new SplittableRandom(1)));
    }

    void close() {
        if (devices != null) {
            devices.close();
            devices = null;
        }
    }

    /** A gateway that takes the reading, whoever sends it. */
    Verdict accept(JsonObject reading, Optional<String> ignoredKey) {
        received.add(reading);
        return Verdict.ACKNOWLEDGED;
    }

    /** The next reading taken. */
    JsonObject next() throws InterruptedException {
        JsonObject reading = received.poll(MAX_SECONDS, TimeUnit.SECONDS);
        assertNotNull(reading, "no reading came");
        return reading;
    }

    int received() {
        return received.size();
    }

    void forget() {
        received.clear();
    }

    static void awaitAtLeast(AtomicInteger count, int least) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (count.get() < least) {
            assertTrue(System.nanoTime() - end < 0, () -> "only " + count.get() + " of " + least);
            LockSupport.parkNanos(2_000_000);
        }
    }
}
