package dev.millrace.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class DependencyVerticleTest {

    private final Health health = new Health("test");
    private final Health.Component component = health.component("redis");

    private Dependency dependency(Vertx vertx) {
        Availability availability =
                new Availability("Redis", Availability.Kind.NEEDED_AT_START, component, InstantSource.system());
        return new Dependency(vertx, availability, new Random(1), Duration.ofMillis(20));
    }

    /** Its attempts in order, the last one again and again. */
    private static <T> Supplier<Future<T>> inOrder(List<Supplier<Future<T>>> attempts) {
        AtomicInteger next = new AtomicInteger();
        return () -> attempts.get(Math.min(next.getAndIncrement(), attempts.size() - 1))
                .get();
    }

    @Test
    void triesAgainAfterAFailureAndAfterAThrow(Vertx vertx) throws Exception {
        Future<String> there = dependency(vertx)
                .await(inOrder(List.of(
                        () -> Future.failedFuture("refused"),
                        () -> {
                            throw new IllegalStateException("cannot even try");
                        },
                        () -> Future.succeededFuture("there"))));

        assertEquals("there", there.await(60, TimeUnit.SECONDS));
        assertTrue(component.isUp());
    }

    @Test
    void givesUpAnAttemptThatSaysNothing(Vertx vertx) throws Exception {
        Promise<String> silent = Promise.promise();

        Future<String> there =
                dependency(vertx).await(inOrder(List.of(silent::future, () -> Future.succeededFuture("there"))));

        assertEquals("there", there.await(60, TimeUnit.SECONDS));
    }

    @Test
    void endsTheWaitingWhenItIsCancelled(Vertx vertx) {
        Dependency dependency = dependency(vertx);
        Promise<String> silent = Promise.promise();
        Future<String> there = dependency.await(silent::future);

        dependency.cancel();

        Throwable cause = assertThrows(Exception.class, () -> there.await(60, TimeUnit.SECONDS));
        assertEquals("stopped", cause.getMessage());
    }
}
