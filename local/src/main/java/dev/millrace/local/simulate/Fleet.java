package dev.millrace.local.simulate;

import io.vertx.core.Future;
import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The simulated devices that publish to one address in one way, and what they notice of it, which is logged once a change. */
final class Fleet {

    private static final Logger log = LoggerFactory.getLogger(Fleet.class);

    private static final int ANSWERS_IN_A_ROW = 5;

    private final URI gateway;
    private final Transport transport;
    private final int devices;
    private final InstantSource clock;
    private final Availability availability;
    private boolean closed;

    /**
     * A fleet whose devices are asked for by {@link #device}.
     *
     * @param devices how many, at least one
     */
    Fleet(URI gateway, Transport transport, int devices, InstantSource clock) {
        this.gateway = gateway;
        this.transport = transport;
        this.devices = devices;
        this.clock = clock;
        this.availability = new Availability(Math.min(devices, ANSWERS_IN_A_ROW));
    }

    /** One of its devices, from 0 to their number less one. */
    Device device(int number, SimulatedMachine machine) {
        return new Device(number, machine);
    }

    Future<?> close() {
        closed = true; // nothing new from here on, and what is cut off is no news of the gateway
        return transport.close();
    }

    private void tell(Optional<Availability.Change> change) {
        if (closed || change.isEmpty()) {
            return;
        }
        switch (change.get()) {
            case Availability.Change.Available(boolean first)
            when first -> log.info("{} simulated devices publish to {} once a second", devices, gateway);
            case Availability.Change.Available _ ->
                log.info("The gateway takes the simulated devices' readings again at {}", gateway);
            case Availability.Change.Unavailable(String reason) ->
                log.warn(
                        "The gateway does not take the simulated devices' readings at {} ({}); they go on trying",
                        gateway,
                        reason);
        }
    }

    /** A machine that reports. */
    final class Device {

        private final int number;
        private final SimulatedMachine machine;
        private boolean inFlight;

        private Device(int number, SimulatedMachine machine) {
            this.number = number;
            this.machine = machine;
        }

        /** Measures, and publishes what it measured unless the last reading is still on its way: then it is lost. */
        void publish() {
            // The machine goes on, whether anybody listens or not.
            SimulatedReading reading = machine.measure(clock.instant());
            if (inFlight || closed) {
                return;
            }
            inFlight = true;
            transport.publish(number, reading).onComplete(answer -> {
                inFlight = false;
                tell(
                        answer.succeeded()
                                ? availability.accepted()
                                : availability.failed(
                                        String.valueOf(answer.cause().getMessage())));
            });
        }
    }
}
