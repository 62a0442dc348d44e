package dev.millrace.processor.shard;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/**
 * One GetRecords in the background. It is begun where there is room at once, and thrown away by whoever has no use for it any
 * more: what is answered afterwards changes nothing and holds nothing.
 */
final class KinesisReadAhead {

    private final ReadBudget budget;
    private final long bytes;
    private final Supplier<CompletableFuture<GetRecordsResponse>> call;
    private final CompletableFuture<Optional<Found>> answer = new CompletableFuture<>();
    private @Nullable CompletableFuture<GetRecordsResponse> underWay;
    private boolean thrownAway;

    /** @param room what was taken for the answer, and is the taker's now */
    record Found(GetRecordsResponse answer, ReadBudget.Room room) {}

    /** @param bytes the room that is taken until the answer is known */
    KinesisReadAhead(ReadBudget budget, long bytes, Supplier<CompletableFuture<GetRecordsResponse>> call) {
        this.budget = budget;
        this.bytes = bytes;
        this.call = call;
    }

    void beginAfter(long delayMillis) {
        if (delayMillis <= 0) {
            begin();
        } else {
            CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                    .execute(this::begin);
        }
    }

    /** What was found; nothing where there was no room. */
    CompletableFuture<Optional<Found>> answer() {
        return answer;
    }

    /** Nobody asks for the answer. */
    void throwAway() {
        CompletableFuture<GetRecordsResponse> stop;
        synchronized (this) {
            thrownAway = true;
            stop = underWay;
        }
        if (stop != null) {
            stop.cancel(true);
        }
        CompletableFuture<?> _ =
                answer.thenAccept(found -> found.ifPresent(late -> late.room().release()));
    }

    private void begin() {
        CompletableFuture<GetRecordsResponse> begun;
        ReadBudget.Room room;
        synchronized (this) {
            Optional<ReadBudget.Room> free = thrownAway ? Optional.empty() : budget.tryTake(bytes);
            if (free.isEmpty()) {
                answer.complete(Optional.empty());
                return;
            }
            room = free.get();
            begun = begun();
            underWay = begun;
        }
        CompletableFuture<?> _ = begun.whenComplete((found, failure) -> {
            if (failure == null) {
                answered(found, room);
            } else {
                room.release();
                answer.completeExceptionally(failure);
            }
        });
    }

    private void answered(GetRecordsResponse found, ReadBudget.Room room) {
        try {
            room.fit(KinesisCalls.bytesOf(found.records()));
            answer.complete(Optional.of(new Found(found, room)));
        } catch (RuntimeException e) {
            // an answer that is not one; somebody waits for it
            room.release();
            answer.completeExceptionally(e);
        }
    }

    private CompletableFuture<GetRecordsResponse> begun() {
        try {
            return call.get();
        } catch (RuntimeException e) {
            // a client that was closed throws at once
            return CompletableFuture.failedFuture(e);
        }
    }
}
