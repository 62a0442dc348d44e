package dev.millrace.processor.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class VertxTasksVerticleTest {

    private static final long A_DAY_MILLIS = 86_400_000;

    private final CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();
    private final Promise<Void> reached = Promise.promise();

    private VertxTasks.Started start(Vertx vertx, Tasks.Program program) {
        return new VertxTasks(vertx).start("test", program, end::complete);
    }

    private Optional<Throwable> end() throws Exception {
        return end.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aStopEndsAPauseThatWouldLastForADay(Vertx vertx) throws Exception {
        VertxTasks.Started task = start(vertx, waits -> {
            reached.complete();
            while (!waits.stopRequested()) {
                waits.pause(A_DAY_MILLIS);
            }
        });
        reached.future().await();

        task.finish().await();

        assertEquals(Optional.empty(), end());
    }

    @Test
    void aStopWaitsForWhatIsInHand(Vertx vertx) throws Exception {
        Promise<Void> goOn = Promise.promise();
        Queue<String> done = new ConcurrentLinkedQueue<>();
        VertxTasks.Started task = start(vertx, _ -> {
            reached.complete();
            goOn.future().await();
            done.add("done");
        });
        reached.future().await();

        Future<Void> finished = task.finish();
        assertFalse(finished.isComplete());
        goOn.complete();
        finished.await();

        assertEquals(List.of("done"), List.copyOf(done));
    }

    @Test
    void aWakeEndsTheNextPauseWhereNoneIsUnderWay(Vertx vertx) throws Exception {
        Promise<Void> woken = Promise.promise();
        VertxTasks.Started task = start(vertx, waits -> {
            reached.complete();
            woken.future().await();
            waits.pause(A_DAY_MILLIS);
        });
        reached.future().await();

        task.wake();
        woken.complete();

        assertEquals(Optional.empty(), end());
        task.finish().await();
    }

    @Test
    void aTaskMayStartOthersAndAwaitThem(Vertx vertx) throws Exception {
        VertxTasks tasks = new VertxTasks(vertx);
        Promise<Void> childEnded = Promise.promise();
        VertxTasks.Started parent = tasks.start(
                "parent",
                _ -> {
                    Task child = tasks.start("child", waits -> waits.pause(A_DAY_MILLIS), _ -> childEnded.complete());
                    child.requestStop();
                    child.await();
                },
                end::complete);

        assertEquals(Optional.empty(), end());
        assertTrue(childEnded.future().succeeded());
        parent.finish().await();
    }

    /** G5: an Error is nothing that a loop goes on after, but it must not end in silence. */
    @Test
    void anErrorIsTold(Vertx vertx) throws Exception {
        Error error = new NoClassDefFoundError("gone");
        VertxTasks.Started task = start(vertx, _ -> {
            throw error;
        });

        assertEquals(Optional.of(error), end());
        task.finish().await();
    }

    @Test
    void whatHasEndedLeavesNothingDeployed(Vertx vertx) throws Exception {
        start(vertx, _ -> {});
        end();

        while (!vertx.deploymentIDs().isEmpty()) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Test
    void aProgramThatMustNotEndIsRunAnewAfterAFault() {
        int[] runs = {0};
        long[] paused = {0};
        Waits waits = new Waits() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public void pause(long millis) {
                paused[0] += millis;
            }

            @Override
            public boolean stopRequested() {
                return false;
            }
        };

        new RestartedProgram(
                        "test",
                        _ -> {
                            if (++runs[0] < 3) {
                                throw new NoClassDefFoundError("gone");
                            }
                        },
                        new Random(1))
                .run(waits);

        assertEquals(3, runs[0]);
        assertTrue(paused[0] >= 2);
    }
}
