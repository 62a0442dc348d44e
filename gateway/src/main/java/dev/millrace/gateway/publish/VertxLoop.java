package dev.millrace.gateway.publish;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/** A Vert.x context as a {@link Loop}. */
record VertxLoop(Vertx vertx, Context context, LongSupplier clock) implements Loop {

    @Override
    public void run(Runnable task) {
        context.runOnContext(_ -> task.run());
    }

    @Override
    public void after(long millis, Runnable task) {
        vertx.setTimer(millis, _ -> task.run());
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
