package dev.millrace.gateway.mqtt;

import java.util.concurrent.atomic.AtomicInteger;

/** The publishes of all connections that are on their way to the stream (G4). Thread-safe. */
final class InFlight {

    private final int limit;
    private final AtomicInteger count = new AtomicInteger();

    InFlight(int limit) {
        this.limit = limit;
    }

    /**
     * Takes a place, if there is one. QoS 0 gets none of the last half: its sender asked for no more than an attempt, and goes
     * without before anybody has to wait.
     */
    boolean tryEnter(int qos) {
        int most = qos == 0 ? limit / 2 : limit;
        for (int before = count.get(); before < most; before = count.get()) {
            if (count.compareAndSet(before, before + 1)) {
                return true;
            }
        }
        return false;
    }

    void leave() {
        count.decrementAndGet();
    }

    int count() {
        return count.get();
    }
}
