package dev.millrace.local.kinesis.fault;

import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * The faults of a running emulator. They can be set and removed at any time, from any thread; rules are looked at in the
 * order in which they were added, and several may strike one call (a delay and an error, say).
 *
 * <p>Which calls a share strikes is decided by the generator given at start, so that with the same seed and the same
 * calls in the same order it is the same ones.
 */
public final class Faults {

    private final RandomGenerator random;
    private final Runnable expireIterators;
    private final List<ArmedFault> armed = new CopyOnWriteArrayList<>();
    private final AtomicLong lastId = new AtomicLong();

    /**
     * @param random used under a lock
     * @param expireIterators makes every iterator issued so far an expired one
     */
    public Faults(RandomGenerator random, Runnable expireIterators) {
        this.random = new LockedRandom(random);
        this.expireIterators = expireIterators;
    }

    /** Puts a rule in force. */
    public ArmedFault add(FaultRule rule) {
        var fault = new ArmedFault(lastId.incrementAndGet(), rule, random);
        armed.add(fault);
        return fault;
    }

    /** The rules in force, also those that are spent. */
    public List<ArmedFault> active() {
        return List.copyOf(armed);
    }

    /** Ends a rule and lets go of the calls that it holds; whether it was in force. */
    public boolean remove(long id) {
        List<ArmedFault> gone = armed.stream().filter(fault -> fault.id() == id).toList();
        armed.removeAll(gone);
        gone.forEach(ArmedFault::remove);
        return !gone.isEmpty();
    }

    /** Ends every rule and lets go of the calls that they hold. */
    public void clear() {
        List<ArmedFault> gone = List.copyOf(armed);
        armed.removeAll(gone);
        gone.forEach(ArmedFault::remove);
    }

    /** From now on every iterator issued so far is answered with ExpiredIteratorException. */
    public void expireIterators() {
        expireIterators.run();
    }

    /** What goes wrong with a call. */
    public CallFaults on(Operation operation, CallScope scope) {
        if (armed.isEmpty()) {
            return CallFaults.NONE;
        }
        Optional<AwsError> refusal = Optional.empty();
        Duration before = Duration.ZERO;
        Duration after = Duration.ZERO;
        Optional<ArmedFault> hang = Optional.empty();
        Optional<ArmedFault> holdAnswer = Optional.empty();
        boolean cutBefore = false;
        boolean cutAfter = false;
        var entries = new ArrayList<ArmedFault>();
        for (ArmedFault fault : armed) {
            if (!fault.concerns(operation, scope)) {
                continue;
            }
            boolean ofEntries = fault.rule().fault() instanceof Fault.RefuseEntries;
            if (ofEntries && (operation == Operation.PUT_RECORDS || operation == Operation.PUT_RECORD)) {
                entries.add(fault);
                continue;
            }
            if (fault.rule().shard().isPresent()
                    && !scope.shards().contains(fault.rule().shard().get())) {
                continue;
            }
            if (!fault.strikesNext()) {
                continue;
            }
            switch (fault.rule().fault()) {
                case Fault.RefuseEntries(AwsError error) -> refusal = refusal.or(() -> Optional.of(error));
                case Fault.RefuseCall(AwsError error) -> refusal = refusal.or(() -> Optional.of(error));
                case Fault.Delay delay -> {
                    if (delay.before()) {
                        before = before.plus(length(delay));
                    } else {
                        after = after.plus(length(delay));
                    }
                }
                case Fault.Hang _ -> hang = Optional.of(fault);
                case Fault.HoldAnswer _ -> holdAnswer = Optional.of(fault);
                case Fault.CutBefore _ -> cutBefore = true;
                case Fault.CutAfter _ -> cutAfter = true;
            }
        }
        return new CallFaults(refusal, before, after, hang, holdAnswer, cutBefore, cutAfter, List.copyOf(entries));
    }

    private Duration length(Fault.Delay delay) {
        long min = delay.min().toMillis();
        long max = delay.max().toMillis();
        return Duration.ofMillis(min == max ? min : random.nextLong(min, max + 1));
    }

    /** Any thread may add a rule and any may be served. */
    private static final class LockedRandom implements RandomGenerator {

        private final RandomGenerator random;

        LockedRandom(RandomGenerator random) {
            this.random = random;
        }

        @Override
        public synchronized long nextLong() {
            return random.nextLong();
        }
    }
}
