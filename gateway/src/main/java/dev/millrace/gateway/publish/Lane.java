package dev.millrace.gateway.publish;

import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.publish.LaneState.Leaving;
import dev.millrace.gateway.publish.LaneState.Open;
import dev.millrace.gateway.publish.LaneState.Resolving;
import dev.millrace.gateway.publish.LaneState.Retired;
import dev.millrace.gateway.publish.LaneState.Waiting;
import dev.millrace.gateway.publish.Publication.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The readings on their way to one shard, in order. At most one aggregated record of them is in flight, because Kinesis
 * keeps no order among records that are: what follows waits and is collected meanwhile. A record that was not accepted goes
 * back to the head and the next one is built anew from there, so a slow shard gets fewer and fuller records.
 *
 * <pre>
 *            add                     take                       accepted
 *   (caller) ───▶ queued ───────────────▶ in flight ────────────────▶ (acknowledged)
 *                   ▲  │ deadline, chain     │  throttled, unknown, accepted where it does not count
 *                   │  └──▶ (given up)       │
 *                   └────────────────────────┘
 * </pre>
 *
 * Confined to the publisher's loop, but for {@link #share}.
 */
final class Lane {

    private final Shard shard;
    private final ByteBudget.Share share;
    private final Linger linger = new Linger();
    private final Deque<Pending> queue = new ArrayDeque<>();
    private LaneState state;
    private List<Pending> inFlight = List.of();
    private long queuedBytes;

    /** Whether deadlines may fall along the queue, as where readings with a shorter time are behind some with a longer one. */
    private boolean mixedDeadlines;

    /** None in the queue has an earlier deadline, but all may have later ones. Means nothing while the queue is empty. */
    private long earliestDeadline;

    /** Whether a chain broke here whose readings may still be in a queue. */
    private boolean brokeChain;

    /** Long ago on any clock, and no difference from it overflows. */
    private long notBefore = Long.MIN_VALUE / 2;

    /** Whether nothing will have the loop look at it by itself: neither an outcome nor a timer is awaited. */
    private volatile boolean atRest = true;

    private int failures;
    private int pauses;
    private boolean paused;
    private boolean lingering;
    private Reason reasonToGiveUp = Reason.STREAM_UNAVAILABLE;

    /** The lane of a shard, open unless it has predecessors. */
    Lane(Shard shard, ByteBudget.Share share, int predecessors) {
        this.shard = shard;
        this.share = share;
        this.state = predecessors == 0 ? new Open() : new Waiting(predecessors);
    }

    Shard shard() {
        return shard;
    }

    /** Its part of the budget; safe on any thread. */
    ByteBudget.Share share() {
        return share;
    }

    LaneState state() {
        return state;
    }

    /** Takes a reading whose bytes its share holds. One that has moved hands it on, behind all that it moved. */
    Lane add(Pending pending) {
        if (state instanceof Retired(List<Lane> successors)) {
            // along the chain, not by the newest map: a successor that is leaving itself may hold older ones of this
            // sensor
            Lane successor = holderOf(pending.hashKey(), successors);
            share.moveTo(successor.share, pending.bytes());
            return successor.add(pending);
        }
        Optional<Reason> broken = pending.submission().broken();
        if (broken.isPresent()) {
            giveUpAndRelease(pending, broken.get());
            return this;
        }
        mixedDeadlines |= !queue.isEmpty() && isBefore(pending, queue.getLast());
        expect(pending);
        queue.addLast(pending);
        queuedBytes += pending.bytes();
        return this;
    }

    private static boolean isBefore(Pending one, Pending other) {
        return one.submission().deadline() - other.submission().deadline() < 0;
    }

    /** Before a reading is put into the queue. */
    private void expect(Pending pending) {
        long deadline = pending.submission().deadline();
        if (queue.isEmpty() || deadline - earliestDeadline < 0) {
            earliestDeadline = deadline;
        }
    }

    /** How many readings it has. */
    int depth() {
        return queue.size() + inFlight.size();
    }

    /** Whether it has something to send and may. */
    boolean isReady() {
        boolean held = paused && !(lingering && hasFullRecord());
        return state instanceof Open && !held && inFlight.isEmpty() && !queue.isEmpty();
    }

    /** Whether its shard refuses or fails, or did so lately: other lanes should not wait for its calls. */
    boolean isSuspect() {
        return failures > 0 || linger.millis() > 0;
    }

    /** How often in a row its record was not accepted. */
    int failures() {
        return failures;
    }

    /**
     * Whether the loop must be woken for what is posted for it: a busy lane's readings wait for its record in flight or the next beat
     * anyway. Safe on any thread.
     */
    boolean isAtRest() {
        return atRest;
    }

    /** Nothing is ready to send: where there is nothing at all, it rests until the loop is woken for it. */
    void rest() {
        atRest = !(state instanceof Open) || (queue.isEmpty() && inFlight.isEmpty());
    }

    /** The next record, now in flight; empty where all that waited are of broken chains. Only where {@link #isReady}. */
    Optional<ShardedStream.Entry> take() {
        atRest = false;
        AggregateBuilder builder = new AggregateBuilder();
        List<Pending> taken = new ArrayList<>();
        for (Pending next = queue.peekFirst(); next != null; next = queue.peekFirst()) {
            Optional<Reason> broken = next.submission().broken();
            if (broken.isPresent()) {
                giveUpAndRelease(next, broken.get());
            } else if (builder.add(next.line().sensorId(), next.line().data())) {
                taken.add(next);
            } else {
                break;
            }
            queue.removeFirst();
            queuedBytes -= next.bytes();
        }
        inFlight = taken;
        return taken.isEmpty()
                ? Optional.empty()
                : Optional.of(new ShardedStream.Entry(taken.getFirst().line().sensorId(), builder.build()));
    }

    /** The next record is not sent before a time of the loop's clock. */
    void sendNextNotBefore(long nanos) {
        notBefore = nanos;
    }

    /** From when on it may send, by the loop's clock. */
    long notBefore() {
        return notBefore;
    }

    /** How many readings the record in flight has. */
    int inFlight() {
        return inFlight.size();
    }

    /** The stream holds the record in flight where readers look for it. */
    void accepted() {
        failures = 0;
        linger.narrow();
        // what expires behind a lane that works came faster than the shard takes it
        reasonToGiveUp = Reason.OVERLOADED;
        for (Pending pending : inFlight) {
            pending.submission().accept(pending.position());
            share.release(pending.bytes());
        }
        inFlight = List.of();
        opened();
    }

    /** The record in flight was refused for the shard's rate. */
    void throttled(long now) {
        linger.widen();
        failed(Reason.OVERLOADED, now);
    }

    /** The record in flight was not accepted, or nobody knows; its readings are sent again, unless their time is over. */
    void failed(Reason why, long now) {
        reasonToGiveUp = why;
        failures++;
        requeue(now);
    }

    /** A shard that the map does not have accepted the record in flight. Only where the lane is open. */
    void acceptedBy(String shardId) {
        if (state instanceof Open open) {
            state = open.acceptedBy(shardId);
        }
    }

    /** Whether every reading of the record in flight belongs to a range: else readers skip the record (design, "Stream record"). */
    boolean inFlightLiesIn(HashKeyRange range) {
        return inFlight.stream().allMatch(pending -> range.contains(pending.hashKey()));
    }

    /** The readings of the record in flight are to be sent again, unless their time is over. */
    void requeue(long now) {
        mixedDeadlines |= !queue.isEmpty() && !inFlight.isEmpty() && isBefore(queue.getFirst(), inFlight.getLast());
        for (Pending pending : inFlight.reversed()) {
            expect(pending);
            queue.addFirst(pending);
            queuedBytes += pending.bytes();
        }
        inFlight = List.of();
        opened();
        expire(now);
    }

    private void opened() {
        if (state instanceof Resolving) {
            state = new Open();
        }
    }

    /**
     * Sends nothing until {@link #resume}.
     *
     * @param untilFull whether a full record may go before, when the loop looks at the lane for another reason
     * @return what to resume with
     */
    int pause(boolean untilFull) {
        paused = true;
        lingering = untilFull;
        return ++pauses;
    }

    /** The wait is over, unless there has been another pause since. */
    void resume(int pause) {
        if (pause == pauses) {
            paused = false;
        }
    }

    /** How long it collects before it sends, in milliseconds; 0 where its shard has lately taken all. */
    long lingerMillis() {
        return linger.millis();
    }

    private boolean hasFullRecord() {
        return queuedBytes >= AggregateBuilder.MAX_BYTES;
    }

    /** Gives up what is past its deadline. */
    void expire(long now) {
        if (!mixedDeadlines) {
            while (!queue.isEmpty() && removes(queue.getFirst(), now)) {
                queue.removeFirst();
            }
        } else if (!queue.isEmpty() && now - earliestDeadline >= 0) {
            sweep(now);
        }
        // the record in flight may come back
        mixedDeadlines &= !(queue.isEmpty() && inFlight.isEmpty());
        // these keep their place and bytes until the call in the air has ended, but their senders wait no longer
        for (Pending pending : inFlight) {
            if (pending.submission().isExpired(now)) {
                giveUp(pending, reasonToGiveUp);
            }
        }
    }

    /** Gives up all that is past its deadline or of a broken chain, wherever in the queue. */
    void sweep(long now) {
        // seen from now none is later, and no difference from it overflows
        long[] earliest = {now + Long.MAX_VALUE};
        queue.removeIf(pending -> {
            if (removes(pending, now)) {
                return true;
            }
            long deadline = pending.submission().deadline();
            if (deadline - now < earliest[0] - now) {
                earliest[0] = deadline;
            }
            return false;
        });
        earliestDeadline = earliest[0];
    }

    /** Whether a queued reading is given up, which it is by that. */
    private boolean removes(Pending pending, long now) {
        Optional<Reason> broken = pending.submission().broken();
        if (broken.isEmpty() && !pending.submission().isExpired(now)) {
            return false;
        }
        giveUpAndRelease(pending, broken.orElse(reasonToGiveUp));
        queuedBytes -= pending.bytes();
        return true;
    }

    private void giveUpAndRelease(Pending pending, Reason why) {
        giveUp(pending, why);
        share.release(pending.bytes());
    }

    private void giveUp(Pending pending, Reason why) {
        brokeChain |= pending.submission().giveUp(pending.position(), why);
    }

    /** Whether a chain broke here since this was asked last: its readings may be in the queues of other lanes too. */
    boolean pollBrokenChain() {
        boolean broke = brokeChain;
        brokeChain = false;
        return broke;
    }

    /** Its shard is not in the newest map. */
    void leave(List<Lane> successors) {
        // those whom its readings go to may be at rest
        atRest = true;
        state = switch (state) {
            case Waiting waiting -> waiting.leave(successors);
            case Open open -> open.leave(successors);
            case Resolving resolving -> resolving.leave(successors);
            case Leaving leaving -> leaving;
            case Retired retired -> retired;
        };
    }

    /** A predecessor has moved all that it had. */
    void predecessorMoved() {
        state = switch (state) {
            case Waiting waiting -> waiting.predecessorMoved();
            case Leaving leaving -> leaving.predecessorMoved();
            case Open open -> open;
            case Resolving resolving -> resolving;
            case Retired retired -> retired;
        };
    }

    /**
     * Moves its readings to its successors, in order and before all that these have got directly, which is newer. Does so only
     * where it is leaving, no predecessor can bring it more, and it knows its outcome in flight.
     *
     * @return the successors; none where it may not move yet
     */
    List<Lane> move() {
        if (!(state instanceof Leaving leaving) || leaving.predecessors() > 0 || !inFlight.isEmpty()) {
            return List.of();
        }
        for (Iterator<Pending> last = queue.descendingIterator(); last.hasNext(); ) {
            Pending pending = last.next();
            Lane successor = holderOf(pending.hashKey(), leaving.successors());
            share.moveTo(successor.share, pending.bytes());
            successor.expect(pending);
            successor.queue.addFirst(pending);
            successor.queuedBytes += pending.bytes();
            successor.mixedDeadlines = true;
        }
        queue.clear();
        queuedBytes = 0;
        state = leaving.moved();
        for (Lane successor : leaving.successors()) {
            successor.brokeChain |= brokeChain;
            successor.predecessorMoved();
        }
        return leaving.successors();
    }

    private static Lane holderOf(HashKey key, List<Lane> lanes) {
        for (Lane lane : lanes) {
            if (lane.shard.range().contains(key)) {
                return lane;
            }
        }
        throw new IllegalStateException("the successors of a lane do not hold all of its range");
    }
}
