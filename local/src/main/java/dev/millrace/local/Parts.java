package dev.millrace.local;

import dev.millrace.core.lifecycle.Service;
import dev.millrace.local.services.StartFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;

/** What has been started in this process, stopped in the reverse order. */
final class Parts implements AutoCloseable {

    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final Promise<Void> stopRequested = Promise.promise();

    Parts(StopSignal stop) {
        stop.onRequest(stopRequested::tryComplete);
    }

    /**
     * Starts a service and waits until it is ready, or until the stop is asked for: what a service waits for may never come.
     *
     * @return whether to go on; false when the stop was asked for
     * @throws StartFailure if it cannot start; it is closed with the others
     */
    boolean start(Service service) throws StartFailure {
        started.push(() -> service.shutdownPlan().run().join());
        try {
            service.start().await();
        } catch (RuntimeException e) {
            throw new StartFailure("Cannot start: " + e.getMessage(), e);
        }
        Future.any(service.ready(), stopRequested.future()).await();
        return !stopRequested.future().isComplete();
    }

    void add(AutoCloseable part) {
        started.push(part);
    }

    /**
     * Stops all of them, also when one does not stop.
     *
     * @throws IllegalStateException at the end, with every failure
     */
    @Override
    public void close() {
        var failures = new IllegalStateException("a part did not stop");
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                failures.addSuppressed(e);
            }
        }
        if (failures.getSuppressed().length > 0) {
            throw failures;
        }
    }
}
