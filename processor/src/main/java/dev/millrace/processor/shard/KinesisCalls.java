package dev.millrace.processor.shard;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;

/** How a virtual thread calls Kinesis: it waits, and gets the answer or the failure itself, without wrappers. */
final class KinesisCalls {

    private final Vertx vertx;

    KinesisCalls(Vertx vertx) {
        this.vertx = vertx;
    }

    /** The answer of a call; its failure is thrown as {@link Failure}. */
    <T> T await(CompletableFuture<T> call) throws Failure {
        Context context = vertx.getOrCreateContext();
        AsyncResult<T> answer = Future.fromCompletionStage(call, context)
                .<AsyncResult<T>>transform(Future::succeededFuture)
                .await();
        if (answer.failed()) {
            Throwable cause = answer.cause();
            while (cause instanceof CompletionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new Failure(cause);
        }
        return answer.result();
    }

    /** Microseconds since 1970. */
    static long micros(Instant time) {
        return TimeUnit.SECONDS.toMicros(time.getEpochSecond()) + time.getNano() / 1_000;
    }

    /** A call that failed, handled where it is thrown. */
    static final class Failure extends Exception {

        private static final long serialVersionUID = 1L;

        Failure(Throwable cause) {
            super(cause);
        }

        boolean is(Class<? extends Exception> type) {
            return type.isInstance(getCause());
        }

        /** Why, for people. */
        String reason() {
            Throwable cause = Objects.requireNonNull(getCause());
            if (cause instanceof AwsServiceException refused && refused.awsErrorDetails() != null) {
                return refused.awsErrorDetails().errorCode() + ": "
                        + refused.awsErrorDetails().errorMessage();
            }
            if (cause instanceof ApiCallTimeoutException) {
                return "no answer in time";
            }
            Throwable root = cause;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        }
    }
}
