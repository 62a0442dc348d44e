package dev.millrace.processor.shard;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * One SubscribeToShard. It asks for one event at a time, so that what is not read stays with Kinesis, by HTTP/2 flow control.
 * Kinesis ends it after five minutes. One thread reads it; Kinesis' threads write.
 */
final class KinesisSubscription implements Subscriber<SubscribeToShardEventStream> {

    /** Longer than Kinesis keeps it: the limit of ordinary calls would cut it off. */
    private static final Duration LIFETIME = Duration.ofMinutes(6);

    /** What comes of asking for an event. */
    sealed interface Signal {

        /**
         * An event.
         *
         * @param askedAt when it was asked for, nanoseconds of the monotonic clock
         * @param arrivedAt when it came
         */
        record Event(SubscribeToShardEvent event, long askedAt, long arrivedAt) implements Signal {}

        /** No event comes any more; with the failure, unless it has had its time. */
        record Over(Optional<Throwable> failure) implements Signal {}
    }

    private final CompletableFuture<Void> call = new CompletableFuture<>();
    private final LongSupplier nanos;
    private @Nullable Subscription source;
    private @Nullable CompletableFuture<Signal> asked;
    private boolean demanded;
    private long askedAt;
    private Signal.@Nullable Over over;

    private KinesisSubscription(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Subscribes as soon as the consumer is known.
     *
     * @param nanos a monotonic clock
     * @param consumerArn fails where there is none
     */
    static KinesisSubscription open(
            KinesisAsyncClient client,
            LongSupplier nanos,
            CompletableFuture<String> consumerArn,
            String shardId,
            StartingPosition from) {
        KinesisSubscription subscription = new KinesisSubscription(nanos);
        CompletableFuture<?> _ = consumerArn
                .thenCompose(arn -> subscription.subscribe(client, arn, shardId, from))
                .whenComplete((_, failure) -> subscription.end(Optional.ofNullable(failure)));
        return subscription;
    }

    private CompletableFuture<Void> subscribe(
            KinesisAsyncClient client, String arn, String shardId, StartingPosition from) {
        if (call.isDone()) {
            return call;
        }
        CompletableFuture<Void> sent = client.subscribeToShard(
                request -> request.consumerARN(arn)
                        .shardId(shardId)
                        .startingPosition(from)
                        .overrideConfiguration(override -> override.apiCallTimeout(LIFETIME)),
                SubscribeToShardResponseHandler.builder()
                        .onEventStream(publisher -> publisher.subscribe(this))
                        .build());
        CompletableFuture<?> _ = call.whenComplete((_, _) -> sent.cancel(true));
        return sent;
    }

    /** The next event, or the end; the same until {@link #taken}. */
    CompletableFuture<Signal> ask() {
        CompletableFuture<Signal> answer;
        synchronized (this) {
            if (asked != null) {
                return asked;
            }
            answer = new CompletableFuture<>();
            asked = answer;
            if (over != null) {
                answer.complete(over);
                return answer;
            }
            demanded = true;
            askedAt = nanos.getAsLong();
        }
        demand();
        return answer;
    }

    /** What was asked for is in the reader's hands. */
    synchronized void taken() {
        asked = null;
    }

    /** Nobody reads it any more. */
    void cancel() {
        call.cancel(true);
        Subscription from;
        synchronized (this) {
            from = source;
        }
        if (from != null) {
            from.cancel();
        }
        end(Optional.empty());
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        boolean unwanted;
        synchronized (this) {
            source = subscription;
            unwanted = over != null;
        }
        if (unwanted) {
            subscription.cancel();
        } else {
            demand();
        }
    }

    /** Outside the lock, because what is there is delivered on the thread that asks. */
    private void demand() {
        Subscription from = null;
        synchronized (this) {
            if (demanded && source != null) {
                demanded = false;
                from = source;
            }
        }
        if (from != null) {
            from.request(1);
        }
    }

    @Override
    public void onNext(SubscribeToShardEventStream event) {
        if (event instanceof SubscribeToShardEvent records) {
            long asked;
            synchronized (this) {
                asked = askedAt;
            }
            answer(new Signal.Event(records, asked, nanos.getAsLong()));
        } else {
            // of a kind that is yet to be invented
            synchronized (this) {
                demanded = true;
            }
            demand();
        }
    }

    @Override
    public void onError(Throwable failure) {
        end(Optional.of(failure));
    }

    @Override
    public void onComplete() {
        end(Optional.empty());
    }

    private void end(Optional<Throwable> failure) {
        Signal.Over end;
        synchronized (this) {
            if (over != null) {
                return;
            }
            end = new Signal.Over(failure.map(KinesisCalls::cause));
            over = end;
        }
        answer(end);
    }

    private void answer(Signal signal) {
        CompletableFuture<Signal> waiting;
        synchronized (this) {
            waiting = asked;
        }
        if (waiting != null) {
            waiting.complete(signal);
        }
    }
}
