package dev.millrace.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ShutdownPlanTest {

    private final List<String> ran = new CopyOnWriteArrayList<>();

    @Test
    void waitsForEachStepBeforeTheNext() throws Exception {
        Promise<Void> first = Promise.promise();
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Void> done = new ShutdownPlan(Duration.ofMinutes(1))
                .then("first", () -> {
                    started.countDown();
                    return first.future().onSuccess(_ -> ran.add("first"));
                })
                .then("second", () -> step("second"))
                .run();

        started.await();
        assertEquals(List.of(), ran);
        assertFalse(done.isDone());
        first.complete();
        done.join();

        assertEquals(List.of("first", "second"), ran);
    }

    @Test
    void goesOnBehindStepsThatFailOrHang() {
        new ShutdownPlan(Duration.ZERO)
                .then("fails", () -> Future.failedFuture("broken"))
                .then("throws", () -> {
                    throw new IllegalStateException("broken");
                })
                .then("hangs", () -> Promise.promise().future())
                .then("last", () -> step("last"))
                .run()
                .join();

        assertEquals(List.of("last"), ran);
    }

    @Test
    void runsOnce() {
        ShutdownPlan plan = new ShutdownPlan(Duration.ofMinutes(1)).then("only", () -> step("only"));

        assertSame(plan.run(), plan.run());
        plan.run().join();

        assertEquals(List.of("only"), ran);
        assertTrue(plan.run().isDone());
    }

    private Future<Void> step(String name) {
        ran.add(name);
        return Future.succeededFuture();
    }
}
