package dev.millrace.gateway.publish;

import dev.millrace.gateway.publish.Publication.Reason;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.BitSet;
import java.util.concurrent.Executor;

/**
 * The readings of one request on their way. It ends when each has been accepted or given up; what happens to one after that
 * is not told any more. Confined to the thread that the publisher runs on; its future completes where the caller wants it.
 */
final class Submission {

    private final Executor caller;
    private final Promise<Publication> promise = Promise.promise();
    private final BitSet retry = new BitSet();
    private final BitSet settled = new BitSet();
    private final int count;
    private final long deadline;
    private int open;
    private Reason reason = Reason.NONE;

    /**
     * A submission.
     *
     * @param caller where the future completes
     * @param count how many readings it has
     * @param deadline when they are given up, in nanoseconds of the publisher's clock
     */
    Submission(Executor caller, int count, long deadline) {
        this.caller = caller;
        this.count = count;
        this.deadline = deadline;
        this.open = count;
    }

    Future<Publication> future() {
        return promise.future();
    }

    boolean isExpired(long now) {
        return now - deadline >= 0;
    }

    void accept(int position) {
        settle(position);
    }

    /** Gives a reading up; if it was settled before, nothing changes. */
    void giveUp(int position, Reason why) {
        if (!settled.get(position)) {
            retry.set(position);
            reason = why;
            settle(position);
        }
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
