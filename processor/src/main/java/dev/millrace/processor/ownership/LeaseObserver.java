package dev.millrace.processor.ownership;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tells from the leases, as they are read time and again, which processes live. For one thread. */
final class LeaseObserver {

    private final String self;
    private final LeaseTime time;
    private final Stillness<String> stillness;

    LeaseObserver(String self, LeaseTime time) {
        this.self = self;
        this.time = time;
        this.stillness = new Stillness<>(time.longestGapNanos());
    }

    /**
     * Takes in what was read.
     *
     * @param now when the reading began, nanoseconds of the monotonic clock
     */
    Membership observe(List<Lease> leases, boolean draining, long now) {
        Map<String, Lease> versions = new HashMap<>();
        leases.forEach(lease -> versions.put(lease.holder(), lease));
        stillness.look(versions, now);
        Set<String> live = new HashSet<>();
        Set<String> candidates = new HashSet<>();
        live.add(self);
        if (!draining) {
            candidates.add(self);
        }
        for (Lease lease : leases) {
            boolean alive = stillness.of(lease.holder()) < time.stillNanos();
            if (alive && !lease.holder().equals(self)) {
                live.add(lease.holder());
                if (!lease.draining()) {
                    candidates.add(lease.holder());
                }
            }
        }
        return new Membership(live, candidates, now, true);
    }
}
