package dev.millrace.processor.shard;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * The registered consumer (enhanced fan-out) that all processors of a stream subscribe as. It is made where it is not there, and
 * looked up once: a registration costs money each hour, and its calls are few a second. Thread-safe.
 */
final class KinesisConsumers {

    private final KinesisAsyncClient client;
    private final String stream;
    private final String name;
    private @Nullable CompletableFuture<String> known;

    KinesisConsumers(KinesisAsyncClient client, String stream, String name) {
        this.client = client;
        this.stream = stream;
        this.name = name;
    }

    /** The consumer's ARN; fails while it is being made, or cannot be. */
    synchronized CompletableFuture<String> arn() {
        if (known == null || known.isCompletedExceptionally()) {
            known = lookUp();
        }
        return known.copy();
    }

    /** The ARN that was given is no good any more. */
    synchronized void forget() {
        if (known != null && known.isDone()) {
            known = null;
        }
    }

    private CompletableFuture<String> lookUp() {
        return client.describeStreamSummary(request -> request.streamName(stream))
                .thenCompose(
                        summary -> consumer(summary.streamDescriptionSummary().streamARN()));
    }

    private CompletableFuture<String> consumer(String streamArn) {
        return describe(streamArn)
                .exceptionallyCompose(failure -> KinesisCalls.cause(failure) instanceof ResourceNotFoundException
                        ? register(streamArn)
                        : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<String> describe(String streamArn) {
        return client.describeStreamConsumer(
                        request -> request.streamARN(streamArn).consumerName(name))
                .thenCompose(answer -> active(
                        answer.consumerDescription().consumerARN(),
                        answer.consumerDescription().consumerStatus()));
    }

    private CompletableFuture<String> register(String streamArn) {
        return client.registerStreamConsumer(
                        request -> request.streamARN(streamArn).consumerName(name))
                .thenCompose(answer -> active(
                        answer.consumer().consumerARN(), answer.consumer().consumerStatus()))
                .exceptionallyCompose(failure ->
                        // another processor was first
                        KinesisCalls.cause(failure) instanceof ResourceInUseException
                                ? describe(streamArn)
                                : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<String> active(String arn, ConsumerStatus status) {
        return status == ConsumerStatus.ACTIVE
                ? CompletableFuture.completedFuture(arn)
                : CompletableFuture.failedFuture(new IllegalStateException("consumer " + name + " is " + status));
    }
}
