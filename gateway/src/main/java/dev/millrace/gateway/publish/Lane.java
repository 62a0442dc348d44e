package dev.millrace.gateway.publish;

import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.gateway.publish.Publication.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The readings on their way to one shard, in order. At most one aggregated record of them is in flight, because Kinesis
 * keeps no order among records that are: what follows waits and is collected meanwhile. A record that was not accepted goes
 * back to the head and the next one is built anew from there, so a slow shard gets fewer and fuller records.
 *
 * <pre>
 *            add                     take                       accepted
 *   (caller) ───▶ queued ───────────────▶ in flight ────────────────▶ (acknowledged)
 *                   ▲  │ deadline            │  throttled, unknown
 *                   │  └──▶ (given up)       │
 *                   └────────────────────────┘
 * </pre>
 *
 * Confined to the thread that the publisher runs on.
 */
final class Lane {

    /** One reading on its way: the line that the stream will hold, and whom to tell. */
    record Pending(Submission submission, int position, StreamLine line) {

        /** What the object takes beside its line, roughly. */
        private static final int OVERHEAD = 160;

        int bytes() {
            return line.data().length + OVERHEAD;
        }
    }

    private final Shard shard;
    private final Consumer<Integer> release;
    private final Deque<Pending> queue = new ArrayDeque<>();
    private List<Pending> inFlight = List.of();
    private int failures;
    private boolean waiting;
    private Reason lastFailure = Reason.STREAM_UNAVAILABLE;

    /**
     * The lane of a shard.
     *
     * @param release told the bytes of each reading that leaves the lane
     */
    Lane(Shard shard, Consumer<Integer> release) {
        this.shard = shard;
        this.release = release;
    }

    Shard shard() {
        return shard;
    }

    void add(Pending pending) {
        queue.addLast(pending);
    }

    int size() {
        return queue.size() + inFlight.size();
    }

    /** The next record, now in flight; null where there is nothing to send or the lane may not send yet. */
    ShardedStream.@Nullable Entry take() {
        if (waiting || !inFlight.isEmpty() || queue.isEmpty()) {
            return null;
        }
        AggregateBuilder builder = new AggregateBuilder();
        List<Pending> taken = new ArrayList<>();
        for (Pending next = queue.peekFirst();
                next != null && builder.add(next.line().sensorId(), next.line().data());
                next = queue.peekFirst()) {
            taken.add(queue.removeFirst());
        }
        inFlight = taken;
        return new ShardedStream.Entry(taken.getFirst().line().sensorId(), builder.build());
    }

    /** How many readings the record in flight has. */
    int inFlight() {
        return inFlight.size();
    }

    /** The stream holds the record in flight. */
    void accepted() {
        failures = 0;
        // what expires behind a lane that works came faster than the shard takes it
        lastFailure = Reason.OVERLOADED;
        for (Pending pending : inFlight) {
            pending.submission().accept(pending.position());
            release.accept(pending.bytes());
        }
        inFlight = List.of();
    }

    /**
     * The record in flight was not accepted, or nobody knows; its readings are sent again, unless their time is over. The lane
     * sends nothing until {@link #resume}.
     *
     * @return how many times in a row this has happened
     */
    int failed(Reason why, long now) {
        lastFailure = why;
        waiting = true;
        for (Pending pending : inFlight.reversed()) {
            queue.addFirst(pending);
        }
        inFlight = List.of();
        expire(now);
        return ++failures;
    }

    /** Gives the readings of the record in flight up: the stream holds them where no reader will look. */
    void misrouted() {
        inFlight.forEach(pending -> giveUp(pending, Reason.STREAM_UNAVAILABLE));
        inFlight = List.of();
    }

    /** The wait after a failure is over. */
    void resume() {
        waiting = false;
    }

    /** Gives up what is past its deadline. Deadlines rise along the queue, since all have the same time from their start. */
    void expire(long now) {
        for (Pending next = queue.peekFirst();
                next != null && next.submission().isExpired(now);
                next = queue.peekFirst()) {
            giveUp(queue.removeFirst(), lastFailure);
        }
        // these keep their place and bytes until the call in the air has ended, but their senders wait no longer
        for (Pending pending : inFlight) {
            if (pending.submission().isExpired(now)) {
                pending.submission().giveUp(pending.position(), lastFailure);
            }
        }
    }

    private void giveUp(Pending pending, Reason why) {
        pending.submission().giveUp(pending.position(), why);
        release.accept(pending.bytes());
    }
}
