package dev.millrace.gateway.limit;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that all bodies being read may hold at a time, those of every event loop together (G4). Thread-safe. */
public final class BodyBudget {

    private final long total;
    private final AtomicLong used = new AtomicLong();

    /** A budget of {@code total} bytes. */
    public BodyBudget(long total) {
        this.total = total;
    }

    /** The most bytes that may be held. */
    public long total() {
        return total;
    }

    /** The bytes held now. */
    public long used() {
        return used.get();
    }

    /** The part that one body holds; confined to its event loop. */
    public final class Share {

        private long held;

        /** Whether it holds nothing. */
        public boolean isEmpty() {
            return held == 0;
        }

        /** Makes it {@code bytes}, if there is room; giving back always works. */
        public boolean resize(long bytes) {
            long more = bytes - held;
            // never over the total for a moment, in which another loop could find no room
            for (long before = used.get(); more <= 0 || before + more <= total; before = used.get()) {
                if (used.compareAndSet(before, before + more)) {
                    held = bytes;
                    return true;
                }
            }
            return false;
        }
    }
}
