package dev.millrace.gateway.http;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that all bodies being read may hold at a time, those of every event loop together (G4). Thread-safe. */
final class BodyBudget {

    private final long total;
    private final AtomicLong used = new AtomicLong();

    /** A budget of {@code total} bytes. */
    BodyBudget(long total) {
        this.total = total;
    }

    long used() {
        return used.get();
    }

    /** The part that one body holds; confined to its event loop. */
    final class Share {

        private long held;

        /** Makes it {@code bytes}, if there is room; giving back always works. */
        boolean resize(long bytes) {
            long more = bytes - held;
            if (more > 0 && used.addAndGet(more) > total) {
                used.addAndGet(-more);
                return false;
            }
            if (more < 0) {
                used.addAndGet(more);
            }
            held = bytes;
            return true;
        }
    }
}
