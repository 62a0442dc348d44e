package dev.millrace.gateway.publish;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Vert.x context as a {@link Loop}. Tasks come through a mailbox, so that only the first of those that wait together wakes the
 * context's thread: to wake it costs a system call, a tenth of what a request costs in all.
 */
final class VertxLoop implements Loop {

    private static final Logger LOG = LoggerFactory.getLogger(VertxLoop.class);

    /** How many tasks run before the thread's other work has its turn. */
    private static final int TURN = 1_000;

    private final Vertx vertx;
    private final Context context;
    private final LongSupplier clock;
    private final Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();

    VertxLoop(Vertx vertx, Context context, LongSupplier clock) {
        this.vertx = vertx;
        this.context = context;
        this.clock = clock;
    }

    @Override
    public void post(Runnable task) {
        mailbox.add(task);
    }

    @Override
    public void wake() {
        if (woken.compareAndSet(false, true)) {
            context.runOnContext(_ -> {
                // before the mailbox is emptied: who adds to it later wakes again
                woken.set(false);
                empty();
            });
        }
    }

    private void empty() {
        for (int i = 0; i < TURN; i++) {
            Runnable task = mailbox.poll();
            if (task == null) {
                return;
            }
            tryRun(task);
        }
        wake();
    }

    private static void tryRun(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("A task of the publisher failed", e);
        }
    }

    @Override
    public void after(long millis, Runnable task) {
        vertx.setTimer(millis, _ -> {
            // what was posted before is older
            empty();
            task.run();
        });
    }

    @Override
    public long nanoTime() {
        return clock.getAsLong();
    }

    @Override
    public Executor caller() {
        Context here = vertx.getOrCreateContext();
        return task -> here.runOnContext(_ -> task.run());
    }
}
