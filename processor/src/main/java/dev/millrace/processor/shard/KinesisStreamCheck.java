package dev.millrace.processor.shard;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;

/**
 * Tells which stream has the name now, for all readers of a process. An account has 20 DescribeStreamSummary a second, and a
 * start of many shards asks as many times: so one call serves all that have asked <em>before it began</em>, and calls keep an
 * interval. Thread-safe.
 */
final class KinesisStreamCheck {

    /** Two processors that start at once stay within the account's rate; of more, some are refused and ask again. */
    static final Duration INTERVAL = Duration.ofMillis(100);

    private final KinesisAsyncClient client;
    private final String stream;
    private final long intervalNanos;
    private final LongSupplier nanos;
    private @Nullable CompletableFuture<Long> next;
    private long lastBegun;

    /** @param nanos a monotonic clock */
    KinesisStreamCheck(KinesisAsyncClient client, String stream, Duration interval, LongSupplier nanos) {
        this.client = client;
        this.stream = stream;
        this.intervalNanos = interval.toNanos();
        this.nanos = nanos;
        this.lastBegun = nanos.getAsLong() - intervalNanos;
    }

    /** When the stream was made, microseconds since 1970, as Kinesis tells it by a call that begins after this one. */
    CompletableFuture<Long> created() {
        CompletableFuture<Long> mine;
        long delay;
        synchronized (this) {
            if (next != null) {
                return next.copy();
            }
            mine = new CompletableFuture<>();
            next = mine;
            delay = Math.max(0, lastBegun + intervalNanos - nanos.getAsLong());
        }
        if (delay == 0) {
            begin(mine);
        } else {
            Executor later = CompletableFuture.delayedExecutor(delay, TimeUnit.NANOSECONDS, Thread::startVirtualThread);
            later.execute(() -> begin(mine));
        }
        return mine.copy();
    }

    private void begin(CompletableFuture<Long> mine) {
        synchronized (this) {
            next = null;
            lastBegun = nanos.getAsLong();
        }
        try {
            CompletableFuture<?> _ = client.describeStreamSummary(DescribeStreamSummaryRequest.builder()
                            .streamName(stream)
                            .build())
                    .whenComplete((answer, failure) -> {
                        if (failure == null) {
                            mine.complete(KinesisCalls.micros(
                                    answer.streamDescriptionSummary().streamCreationTimestamp()));
                        } else {
                            mine.completeExceptionally(failure);
                        }
                    });
        } catch (RuntimeException e) {
            // a client that was closed throws at once
            mine.completeExceptionally(e);
        }
    }
}
