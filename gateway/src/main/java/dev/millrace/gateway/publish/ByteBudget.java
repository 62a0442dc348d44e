package dev.millrace.gateway.publish;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The bytes that readings on their way may take, in all and for each lane: one hot lane gets at most its share, so that it
 * cannot take the others' room. Thread-safe.
 */
final class ByteBudget {

    private final long total;
    private final long share;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLongArray usedByLane;

    /** A budget of {@code total} bytes, of which one lane of {@code lanes} gets at most {@code share}. */
    ByteBudget(long total, long share, int lanes) {
        this.total = total;
        this.share = share;
        this.usedByLane = new AtomicLongArray(lanes);
    }

    /** Takes bytes for a lane, if they are there. */
    boolean tryReserve(int lane, long bytes) {
        if (used.addAndGet(bytes) > total) {
            used.addAndGet(-bytes);
            return false;
        }
        long usedByThis = usedByLane.addAndGet(lane, bytes);
        // what is larger than the share must find its way into a lane that is empty, or it never would
        if (usedByThis > share && usedByThis != bytes) {
            usedByLane.addAndGet(lane, -bytes);
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void release(int lane, long bytes) {
        usedByLane.addAndGet(lane, -bytes);
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
