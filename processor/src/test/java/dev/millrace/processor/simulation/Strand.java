package dev.millrace.processor.simulation;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A program with a thread of its own, which runs only while it holds the scheduler's baton. */
final class Strand {

    /** Where a strand runs. */
    interface Host {

        /** Until when all of its strands stand still; in the past where they do not. */
        long frozenUntil();

        /** Whether it is gone, and its strands with it. */
        boolean crashed();
    }

    /** Unwinds a strand whose host is gone: it can do nothing more. An Error, for that production code must not catch it. */
    static final class Crashed extends Error {

        private static final long serialVersionUID = 1L;

        Crashed() {
            super("this process is gone", null, false, false);
        }
    }

    private final Scheduler scheduler;
    private final Host host;
    private final String name;
    private final Thread thread;
    private volatile boolean baton;
    private boolean over;
    private boolean waiting;
    private long waits;

    /** The strand of the thread that makes it. */
    Strand(Scheduler scheduler, Host host, String name) {
        this.scheduler = scheduler;
        this.host = host;
        this.name = name;
        this.thread = Thread.currentThread();
    }

    private Strand(Scheduler scheduler, Host host, String name, Runnable body) {
        this.scheduler = scheduler;
        this.host = host;
        this.name = name;
        this.thread = Thread.ofVirtual().name(name).unstarted(() -> live(body));
    }

    /** Starts a program; it begins when the caller waits. */
    static Strand start(Scheduler scheduler, Host host, String name, Runnable body) {
        Strand strand = new Strand(scheduler, host, name, body);
        strand.thread.start();
        strand.waiting = true;
        scheduler.add(scheduler.now(), strand.resume());
        return strand;
    }

    private void live(Runnable body) {
        park();
        try {
            if (!host.crashed()) {
                body.run();
            }
        } catch (Crashed e) {
            // so it is to be
        } catch (Throwable e) {
            scheduler.fail(e);
        } finally {
            over = true;
            scheduler.giveAway(this);
        }
    }

    boolean over() {
        return over;
    }

    /** Waits until a time, or until it is woken; to be called on its own thread. */
    void sleepUntil(long at) {
        waits++;
        waiting = true;
        if (at != Long.MAX_VALUE) {
            scheduler.add(at, resume());
        }
        if (host.crashed()) {
            wake();
        }
        scheduler.giveAway(this);
        if (host.crashed()) {
            throw new Crashed();
        }
    }

    /** Ends its wait, if it waits. */
    void wake() {
        if (waiting) {
            scheduler.add(scheduler.now(), resume());
        }
    }

    /** Ends the wait that is under way, and no later one. */
    private Supplier<@Nullable Strand> resume() {
        long wait = waits;
        return () -> goOn(wait);
    }

    private @Nullable Strand goOn(long wait) {
        if (!waiting || wait != waits) {
            return null;
        }
        if (host.frozenUntil() > scheduler.now() && !host.crashed()) {
            scheduler.add(host.frozenUntil(), () -> goOn(wait));
            return null;
        }
        waiting = false;
        return this;
    }

    /** Takes the baton over. */
    void take() {
        baton = true;
        LockSupport.unpark(thread);
    }

    void park() {
        while (!baton) {
            LockSupport.park(this);
        }
        baton = false;
    }

    @Override
    public String toString() {
        return name;
    }
}
