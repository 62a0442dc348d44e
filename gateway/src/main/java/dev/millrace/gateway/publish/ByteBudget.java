package dev.millrace.gateway.publish;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that readings on their way may take, in all and for each lane: one hot lane gets at most its {@link Share}, so
 * that it cannot take the others' room. Thread-safe.
 */
final class ByteBudget {

    /** How much may be used, of a share and of the total, when a reservation has been made. */
    enum Part {
        ALL(1),
        /** For what must go without before anything else has to wait. */
        FIRST_HALF(2);

        private final int divisor;

        Part(int divisor) {
            this.divisor = divisor;
        }

        private long of(long limit) {
            return limit / divisor;
        }
    }

    private final long total;
    private final long limitOfShare;
    private final AtomicLong used = new AtomicLong();

    /** A budget of {@code total} bytes, of which one share gets at most {@code limitOfShare}. */
    ByteBudget(long total, long limitOfShare) {
        this.total = total;
        this.limitOfShare = limitOfShare;
    }

    /** What one lane takes of the budget. */
    final class Share {

        private final AtomicLong taken = new AtomicLong();

        /** Takes bytes, if they are there. What is larger than a share goes in when the share is empty, or it never would. */
        boolean tryReserve(long bytes) {
            return tryReserve(bytes, Math.max(limitOfShare, bytes), total);
        }

        /** Takes bytes like {@link #tryReserve(long)}, but of a half none that are more than that, though the share is empty. */
        boolean tryReserve(long bytes, Part part) {
            return switch (part) {
                case ALL -> tryReserve(bytes);
                case FIRST_HALF -> tryReserve(bytes, part.of(limitOfShare), part.of(total));
            };
        }

        private boolean tryReserve(long bytes, long limitHere, long limitOfAll) {
            // the share first: what a hot lane is refused must not, not even for a moment, be missing in the total
            if (!tryAdd(taken, bytes, limitHere)) {
                return false;
            }
            if (!tryAdd(used, bytes, limitOfAll)) {
                taken.addAndGet(-bytes);
                return false;
            }
            return true;
        }

        void release(long bytes) {
            taken.addAndGet(-bytes);
            used.addAndGet(-bytes);
        }

        /** Makes bytes those of another lane, whose share may grow over its limit by that; it takes nothing new until below. */
        void moveTo(Share other, long bytes) {
            taken.addAndGet(-bytes);
            other.taken.addAndGet(bytes);
        }

        long taken() {
            return taken.get();
        }
    }

    Share newShare() {
        return new Share();
    }

    /** Whether bytes may be there, whoever takes them: a look that is cheap, and out of date at once. */
    boolean mayHold(long bytes, Part part) {
        return used.get() + bytes <= part.of(total);
    }

    long used() {
        return used.get();
    }

    /** Adds, unless the sum would be over the limit; never over it for a moment, which another thread could see. */
    private static boolean tryAdd(AtomicLong sum, long bytes, long limit) {
        for (long before = sum.get(); before + bytes <= limit; before = sum.get()) {
            if (sum.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
        return false;
    }
}
