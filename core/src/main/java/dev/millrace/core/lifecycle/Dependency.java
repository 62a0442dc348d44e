package dev.millrace.core.lifecycle;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Something outside that a process needs before it is ready: tried until it answers. */
public final class Dependency {

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(3));
    private static final String PART = "start";

    /** Longer than the clients' own timeouts, whose failures say more. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final Availability availability;
    private final RandomGenerator random;
    private final Duration timeout;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    /** A dependency; its availability tells that it is waited for. */
    public Dependency(Vertx vertx, Availability availability, RandomGenerator random) {
        this(vertx, availability, random, TIMEOUT);
    }

    Dependency(Vertx vertx, Availability availability, RandomGenerator random, Duration timeout) {
        this.vertx = vertx;
        this.availability = availability;
        this.random = random;
        this.timeout = timeout;
    }

    /**
     * Tries until {@code attempt} succeeds; the future fails only after {@link #cancel}. An attempt that says nothing for
     * 10 seconds counts as failed, since a server that accepts and is silent would be waited for without end; what it says
     * later does not count.
     */
    public <T> Future<T> await(Supplier<Future<T>> attempt) {
        Promise<T> promise = Promise.promise();
        attempt(attempt, promise, 1);
        return promise.future();
    }

    /** Ends the waiting. */
    public void cancel() {
        cancelled.set(true);
    }

    private <T> void attempt(Supplier<Future<T>> attempt, Promise<T> promise, int number) {
        if (cancelled.get()) {
            promise.fail("stopped");
            return;
        }
        tried(attempt)
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onSuccess(value -> {
                    availability.worked(PART);
                    promise.complete(value);
                })
                .onFailure(cause -> {
                    availability.failed(PART, reason(cause));
                    vertx.setTimer(RETRY.delayMillis(number, random), _ -> attempt(attempt, promise, number + 1));
                });
    }

    /** An attempt that throws has failed like any other. */
    private static <T> Future<T> tried(Supplier<Future<T>> attempt) {
        try {
            return attempt.get();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private static String reason(Throwable cause) {
        if (cause instanceof TimeoutException) {
            return "no answer in time";
        }
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
