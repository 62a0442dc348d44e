package dev.millrace.processor.ownership;

import java.util.HashSet;
import java.util.Set;

/**
 * The processes that read a stream together, as this one knows them.
 *
 * @param live those that show signs of life, this process among them
 * @param candidates those of them that take shards, which a process that is about to stop does not
 * @param readAt when the reading began that told so; nanoseconds of the local monotonic clock
 * @param judges whether a process that is not live is known to be gone; not so where there is nobody to tell
 */
public record Membership(Set<String> live, Set<String> candidates, long readAt, boolean judges) {

    public Membership {
        live = Set.copyOf(live);
        candidates = Set.copyOf(candidates);
    }

    /** A process that knows of no other, and cannot tell whether there are any. */
    static Membership alone(String self, boolean draining, long now) {
        return new Membership(Set.of(self), draining ? Set.of() : Set.of(self), now, false);
    }

    /** The same without a process among those that take shards. */
    Membership withoutCandidate(String member) {
        Set<String> others = new HashSet<>(candidates);
        others.remove(member);
        return new Membership(live, others, readAt, judges);
    }
}
