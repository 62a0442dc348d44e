package dev.millrace.processor.shard;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;

/** How a virtual thread calls Kinesis: it waits, and gets the answer or the failure itself, without wrappers. */
final class KinesisCalls {

    /** What a record takes in memory beside its content: its objects, and the text of its sequence number. */
    private static final int RECORD_OVERHEAD_BYTES = 256;

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
            throw new Failure(cause(answer.cause()));
        }
        return answer.result();
    }

    /** What a stage of a future failed with, without wrappers. */
    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Microseconds since 1970. */
    static long micros(Instant time) {
        return TimeUnit.SECONDS.toMicros(time.getEpochSecond()) + time.getNano() / 1_000;
    }

    /** The first millisecond that is not before an instant: what Kinesis counts in. */
    static Instant firstMilli(long micros) {
        return Instant.ofEpochMilli(Math.ceilDiv(micros, 1_000));
    }

    static ShardRecord record(Record record) {
        return new ShardRecord(
                record.sequenceNumber(),
                record.partitionKey(),
                micros(record.approximateArrivalTimestamp()),
                record.data().asByteArrayUnsafe());
    }

    /** What an answer's records take in memory. */
    static long bytesOf(List<Record> records) {
        return records.stream()
                .mapToLong(record -> bytes(record.data().asByteArrayUnsafe(), record.partitionKey()))
                .sum();
    }

    private static long bytes(byte[] data, String partitionKey) {
        return (long) data.length + partitionKey.length() + RECORD_OVERHEAD_BYTES;
    }

    /** What records take in memory. */
    static long bytes(List<ShardRecord> records) {
        return records.stream()
                .mapToLong(record -> bytes(record.data(), record.partitionKey()))
                .sum();
    }

    /** When an answer was given, by Kinesis' own clock, which tells whole seconds; by ours where it does not say. */
    static long answeredAt(@Nullable SdkHttpResponse answer, InstantSource clock) {
        return date(answer).orElseGet(() -> micros(clock.instant()));
    }

    private static Optional<Long> date(@Nullable SdkHttpResponse answer) {
        if (answer == null) {
            return Optional.empty();
        }
        try {
            return answer.firstMatchingHeader("Date")
                    .map(date -> micros(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date))));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
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

        /** What it is to a reader. */
        ShardRead asRead() {
            boolean throttled = is(ProvisionedThroughputExceededException.class)
                    || is(LimitExceededException.class)
                    || is(KmsThrottlingException.class);
            return throttled ? new ShardRead.Throttled(reason()) : new ShardRead.Failed(reason());
        }

        /** When Kinesis refused the call, by its own clock, microseconds since 1970; nothing where it did not answer. */
        Optional<Long> answeredAt() {
            return getCause() instanceof AwsServiceException refused && refused.awsErrorDetails() != null
                    ? date(refused.awsErrorDetails().sdkHttpResponse())
                    : Optional.empty();
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
