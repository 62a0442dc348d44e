package dev.millrace.local;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The wish to stop, from Ctrl-C or SIGTERM. What runs waits for it and then stops its parts itself, in its own order; so does
 * a start that waits for something, which leaves nothing half started.
 */
public final class StopSignal {

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private @Nullable List<Runnable> actions = new ArrayList<>();

    /** Asks for the stop; a second time does nothing. */
    public void request() {
        List<Runnable> due;
        synchronized (this) {
            due = actions == null ? List.of() : actions;
            actions = null;
        }
        requested.countDown();
        due.forEach(Runnable::run);
    }

    /** Runs the action when the stop is asked for, at once if it has been. */
    public void onRequest(Runnable action) {
        synchronized (this) {
            if (actions != null) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }

    /** Waits until the stop is asked for. */
    public void await() throws InterruptedException {
        requested.await();
    }

    /** Says that everything has stopped. */
    void finish() {
        finished.countDown();
    }

    /** Makes the end of this process ask for the stop and wait until everything has stopped. */
    void listenToShutdown() {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            request();
                            try {
                                finished.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "shutdown"));
    }
}
