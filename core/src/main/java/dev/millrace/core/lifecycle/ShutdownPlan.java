package dev.millrace.core.lifecycle;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a process stops: steps in a written order, one after the other, under one deadline. A step that fails or that the
 * deadline cuts off is logged, and the next one follows: each of them must get its chance, since a connection that is not
 * closed is worse than a step that is late.
 */
public final class ShutdownPlan {

    private static final Logger LOG = LoggerFactory.getLogger(ShutdownPlan.class);

    /** What a step gets at least, also behind the deadline. */
    private static final Duration LEAST = Duration.ofMillis(250);

    private record Step(String name, Supplier<? extends Future<?>> action) {}

    private final Duration timeout;
    private final List<Step> steps = new ArrayList<>();
    private @Nullable CompletableFuture<Void> running;

    /** A plan without steps, which may take {@code timeout} in all. */
    public ShutdownPlan(Duration timeout) {
        this.timeout = timeout;
    }

    /** Adds a step behind all others. */
    public synchronized ShutdownPlan then(String name, Supplier<? extends Future<?>> action) {
        steps.add(new Step(name, action));
        return this;
    }

    /** Runs the steps; called again, it answers the same run. The future never fails. */
    public synchronized CompletableFuture<Void> run() {
        if (running == null) {
            List<Step> order = List.copyOf(steps);
            CompletableFuture<Void> done = new CompletableFuture<>();
            running = done;
            Thread.ofVirtual().name("shutdown").start(() -> {
                try {
                    runAll(order);
                } finally {
                    done.complete(null);
                }
            });
        }
        return running;
    }

    private void runAll(List<Step> order) {
        long deadline = System.nanoTime() + timeout.toNanos();
        for (Step step : order) {
            long left = Math.max(deadline - System.nanoTime(), LEAST.toNanos());
            try {
                step.action.get().toCompletionStage().toCompletableFuture().get(left, TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                LOG.warn("Stopping: \"{}\" did not end in time", step.name);
            } catch (ExecutionException e) {
                LOG.warn("Stopping: \"{}\" failed", step.name, e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn("Stopping: \"{}\" failed", step.name, e);
            }
        }
    }
}
