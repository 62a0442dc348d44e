package dev.millrace.processor.ownership;

import java.util.Optional;
import java.util.function.LongSupplier;

/** A process that has nobody to ask for others. */
public final class SoleMember implements Members {

    private final String self;
    private final LongSupplier nanos;
    private volatile boolean draining;

    /** @param nanos a monotonic clock */
    public SoleMember(String self, LongSupplier nanos) {
        this.self = self;
        this.nanos = nanos;
    }

    @Override
    public void drain() {
        draining = true;
    }

    @Override
    public boolean isDrainTold() {
        return true;
    }

    @Override
    public String self() {
        return self;
    }

    @Override
    public Optional<Membership> current() {
        return Optional.of(Membership.alone(self, draining, nanos.getAsLong()));
    }

    @Override
    public void refresh() {
        // there is nothing to read
    }
}
