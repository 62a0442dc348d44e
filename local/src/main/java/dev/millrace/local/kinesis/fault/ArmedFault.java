package dev.millrace.local.kinesis.fault;

import dev.millrace.local.kinesis.protocol.Operation;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** A rule in force, its count of strikes, and the calls that it holds back. Thread-safe. */
public final class ArmedFault {

    private final long id;
    private final FaultRule rule;
    private final RandomGenerator random;
    private final Set<Runnable> held = new LinkedHashSet<>();
    private long seen;
    private long strikes;
    private boolean removed;

    ArmedFault(long id, FaultRule rule, RandomGenerator random) {
        this.id = id;
        this.rule = rule;
        this.random = random;
    }

    public long id() {
        return id;
    }

    public FaultRule rule() {
        return rule;
    }

    /** How many calls, or records, it has struck. */
    public synchronized long strikes() {
        return strikes;
    }

    /** How many calls it holds back at the moment. */
    public synchronized int holding() {
        return held.size();
    }

    /** Holds a call back: {@code release} is run when the rule is removed, at once if it has been. */
    public void hold(Runnable release) {
        synchronized (this) {
            if (!removed) {
                held.add(release);
                return;
            }
        }
        release.run();
    }

    /** Forgets a call whose client no longer waits. */
    public synchronized void forget(Runnable release) {
        held.remove(release);
    }

    boolean concerns(Operation operation, CallScope scope) {
        return (rule.operation().isEmpty() || rule.operation().get() == operation)
                && (rule.stream().isEmpty() || rule.stream().equals(scope.stream()));
    }

    /** Whether it strikes the next call or record in its scope, and counts that. */
    synchronized boolean strikesNext() {
        seen++;
        if (removed || seen <= rule.skip() || strikes >= rule.times()) {
            return false;
        }
        if (rule.share() < 1 && random.nextDouble() >= rule.share()) {
            return false;
        }
        strikes++;
        return true;
    }

    void remove() {
        List<Runnable> released;
        synchronized (this) {
            removed = true;
            released = List.copyOf(held);
            held.clear();
        }
        released.forEach(Runnable::run);
    }
}
