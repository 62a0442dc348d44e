package dev.millrace.gateway.publish;

import dev.millrace.gateway.publish.Publication.Reason;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The readings of one request on their way. It ends when each has been accepted or given up; what happens to one after that
 * is not told any more. Confined to the thread that the publisher runs on; its future completes where the caller wants it.
 */
final class Submission {

    /**
     * What one of a chain takes until it is settled beside what its readings do, in bytes: itself, its way to the loop, its
     * promise and those who wait for its answer. 520 were measured on a heap of 100,000 with callbacks like those of an MQTT
     * publish, without the way to the loop.
     */
    static final int OVERHEAD = 600;

    private final Executor caller;
    private final Promise<Publication> promise = Promise.promise();
    private final BitSet retry = new BitSet();
    private final BitSet settled = new BitSet();
    private final int count;
    private final long deadline;
    private final Optional<Chain> chain;
    private final int overheadPerReading;
    private int open;
    private Reason reason = Reason.NONE;

    /**
     * A submission that stands alone.
     *
     * @param caller where the future completes
     * @param count how many readings it has
     * @param deadline when they are given up, in nanoseconds of the publisher's clock
     */
    Submission(Executor caller, int count, long deadline) {
        this(caller, count, deadline, Optional.empty());
    }

    /** A submission of a chain, with one reading at least; otherwise like {@link #Submission(Executor, int, long)}. */
    Submission(Executor caller, int count, long deadline, Optional<Chain> chain) {
        this.caller = caller;
        this.count = count;
        this.deadline = deadline;
        this.chain = chain;
        this.overheadPerReading = chain.isEmpty() ? 0 : Math.ceilDiv(OVERHEAD, count);
        this.open = count;
    }

    Future<Publication> future() {
        return promise.future();
    }

    /**
     * What each of its readings is counted with for it, in bytes; always the same, so that as much is given back as was taken.
     * Nothing where it stands alone: it is a request's then, of which a connection has few.
     */
    int overheadPerReading() {
        return overheadPerReading;
    }

    boolean isExpired(long now) {
        return now - deadline >= 0;
    }

    long deadline() {
        return deadline;
    }

    /** Why its readings must not be sent any more; empty where they may. */
    Optional<Reason> broken() {
        return chain.isEmpty() ? Optional.empty() : chain.get().broken();
    }

    void accept(int position) {
        settle(position);
    }

    /**
     * Gives a reading up; if it was settled before, nothing changes.
     *
     * @return whether its chain broke by that
     */
    boolean giveUp(int position, Reason why) {
        if (settled.get(position)) {
            return false;
        }
        retry.set(position);
        reason = why;
        settle(position);
        return chain.isPresent() && chain.get().breakFor(why);
    }

    private void settle(int position) {
        if (settled.get(position)) {
            return;
        }
        settled.set(position);
        if (--open == 0) {
            Publication publication = new Publication(count - retry.cardinality(), retry, reason);
            caller.execute(() -> promise.complete(publication));
        }
    }
}
