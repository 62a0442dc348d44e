package dev.millrace.processor.task;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/** Waits on Vert.x timers, so that a virtual thread that waits leaves its context to others. */
public final class VertxWaits implements Waits {

    private final Vertx vertx;
    private volatile boolean stop;
    private volatile boolean woken;
    private volatile @Nullable Promise<Void> waiting;

    public VertxWaits(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public void pause(long millis) {
        if (millis <= 0) {
            return;
        }
        Promise<Void> over = Promise.promise();
        waiting = over;
        long timer = vertx.setTimer(millis, _ -> over.tryComplete());
        if (stop || woken) {
            over.tryComplete();
        }
        over.future().await();
        vertx.cancelTimer(timer);
        waiting = null;
        woken = false;
    }

    /** Ends the pause that is under way, or else the next one. From any thread. */
    public void wake() {
        woken = true;
        Promise<Void> over = waiting;
        if (over != null) {
            over.tryComplete();
        }
    }

    /** Tells the loop to stop, and ends its pause. From any thread. */
    public void requestStop() {
        stop = true;
        wake();
    }

    @Override
    public boolean stopRequested() {
        return stop;
    }
}
