package dev.millrace.local.simulate;

import io.vertx.core.Future;

/** A way of readings to a gateway. It is used on one event loop only, that of the verticle which makes it. */
interface Transport {

    /**
     * Sends a reading, as the device that measured it would.
     *
     * @param device whose reading it is, from 0 to the number of devices less one; each has at most one on its way
     * @return done when the gateway has acknowledged it; else failed, with the reason as the failure's message
     */
    Future<Void> publish(int device, SimulatedReading reading);

    /** Ends it; what is on its way is given up. Nothing stays open once the result is done and the verticle has ended. */
    Future<?> close();
}
