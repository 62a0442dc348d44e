package dev.millrace.processor.ownership;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows that this process lives, and watches the others. While the leases cannot be read, what was last known stays known: an
 * outage of the API server moves no shard.
 *
 * <p>A program for one thread of its own, so that nothing else that hangs keeps it from renewing; its other methods are for
 * any thread.
 */
public final class MembershipLoop implements Members, Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(MembershipLoop.class);

    private static final String PART = "leases";

    private final String self;
    private final Leases leases;
    private final LeaseTime time;
    private final Availability availability;
    private final Runnable onRead;
    private final LeaseObserver observer;
    private volatile Optional<Membership> current = Optional.empty();
    private volatile boolean draining;
    private volatile boolean drainTold;
    private volatile boolean refresh;
    private volatile Runnable wake = () -> {};

    /** @param onRead runs on this program's thread when the membership may have changed */
    public MembershipLoop(String self, Leases leases, LeaseTime time, Availability availability, Runnable onRead) {
        this.self = self;
        this.leases = leases;
        this.time = time;
        this.availability = availability;
        this.onRead = onRead;
        this.observer = new LeaseObserver(self, time);
    }

    /**
     * Tells how to wake this program, before anything else is asked of it.
     *
     * @param wake ends its pause
     */
    public void wokenBy(Runnable wake) {
        this.wake = wake;
    }

    @Override
    public String self() {
        return self;
    }

    @Override
    public Optional<Membership> current() {
        return current;
    }

    @Override
    public void refresh() {
        refresh = true;
        wake.run();
    }

    @Override
    public void drain() {
        draining = true;
        current = current.map(membership -> membership.withoutCandidate(self));
        refresh();
    }

    @Override
    public boolean isDrainTold() {
        return drainTold;
    }

    @Override
    public void run(Waits own) {
        long started = own.nanos();
        long renewed = started - time.renewNanos();
        while (!own.stopRequested()) {
            boolean asked = refresh;
            refresh = false;
            if (own.nanos() - renewed >= time.renewNanos() || draining != drainTold) {
                long now = own.nanos();
                if (renew()) {
                    renewed = now;
                }
            }
            if (!own.stopRequested()) {
                read(own, asked, started);
            }
            if (!refresh) {
                own.pause(time.lookMillis());
            }
        }
        // not there any more is better than expired: the others need not wait
        leases.delete();
    }

    private boolean renew() {
        boolean drain = draining;
        return switch (leases.renew(drain)) {
            case Loaded.Found<Boolean> _ -> {
                drainTold = drain;
                yield true;
            }
            case Loaded.Unavailable<Boolean>(String reason) -> {
                availability.failed(PART, reason);
                yield false;
            }
        };
    }

    private void read(Waits own, boolean asked, long started) {
        long now = own.nanos();
        Optional<Membership> before = current;
        switch (leases.list()) {
            case Loaded.Found<List<Lease>>(List<Lease> all) -> {
                availability.worked(PART);
                Membership next = observer.observe(all, draining, now);
                current = Optional.of(next);
                if (asked || before.isEmpty() || !same(before.get(), next)) {
                    LOG.debug("Members: {}", next.live());
                    onRead.run();
                }
            }
            case Loaded.Unavailable<List<Lease>>(String reason) -> {
                availability.failed(PART, reason);
                // without anybody to ask it works all the same, but takes nothing away from others
                if (before.isEmpty() && now - started >= time.duration().toNanos()) {
                    current = Optional.of(Membership.alone(self, draining, started));
                    onRead.run();
                }
            }
        }
    }

    private static boolean same(Membership a, Membership b) {
        return a.live().equals(b.live()) && a.candidates().equals(b.candidates());
    }
}
