package dev.millrace.processor.shard;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A SubscribeToShard whose events a test lays out; they go as far as they were asked for. */
final class FakeSubscription implements Subscription {

    private final SubscribeToShardRequest request;
    private final CompletableFuture<Void> call = new CompletableFuture<>();
    private final Queue<SubscribeToShardEventStream> events = new ArrayDeque<>();
    private @Nullable Subscriber<? super SubscribeToShardEventStream> subscriber;
    private long demand;
    private int sent;
    private boolean cancelled;

    FakeSubscription(SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
        this.request = request;
        handler.onEventStream(SdkPublisher.adapt(to -> {
            subscriber = to;
            to.onSubscribe(this);
        }));
    }

    SubscribeToShardRequest request() {
        return request;
    }

    CompletableFuture<Void> call() {
        return call;
    }

    int sent() {
        return sent;
    }

    boolean cancelled() {
        return cancelled;
    }

    void send(SubscribeToShardEventStream event) {
        events.add(event);
        deliver();
    }

    /** @param failure null: it has had its time */
    void end(@Nullable Throwable failure) {
        if (failure == null) {
            call.complete(null);
        } else {
            call.completeExceptionally(failure);
        }
    }

    @Override
    public void request(long more) {
        demand += more;
        deliver();
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    private void deliver() {
        while (demand > 0 && !events.isEmpty() && subscriber != null) {
            demand--;
            sent++;
            subscriber.onNext(events.remove());
        }
    }
}
