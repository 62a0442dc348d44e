package dev.millrace.processor.simulation;

import dev.millrace.processor.task.Task;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A process: programs that see time by its clocks, stand still together, and vanish together. Its monotonic clock begins
 * anywhere and runs a little fast or slow; its wall clock is wrong.
 */
final class SimulatedProcess implements Tasks, Strand.Host {

    private final Scheduler scheduler;
    private final String owner;
    private final RandomGenerator random;
    private final long monotonicOffset;
    private final double rate;
    private final long wallSkewNanos;
    private final List<Strand> strands = new ArrayList<>();
    private long frozenUntil;
    private boolean crashed;
    private @Nullable Strand running;

    /**
     * @param owner the process among all that ever are
     * @param rate how much faster than the world's its monotonic clock runs
     */
    SimulatedProcess(Scheduler scheduler, String owner, long seed, double rate, long wallSkewNanos) {
        this.scheduler = scheduler;
        this.owner = owner;
        this.random = new Random(seed);
        this.monotonicOffset = random.nextLong(-1_000_000_000_000L, 1_000_000_000_000L);
        this.rate = rate;
        this.wallSkewNanos = wallSkewNanos;
    }

    String owner() {
        return owner;
    }

    /** What the process itself draws from. */
    RandomGenerator random() {
        return random;
    }

    /** Its wall clock. */
    InstantSource wall() {
        return () -> Instant.ofEpochSecond(0, SimulatedWorld.BEGINNING_NANOS + wallNanos());
    }

    private long wallNanos() {
        return (long) (scheduler.now() * rate) + wallSkewNanos;
    }

    @Override
    public long frozenUntil() {
        return frozenUntil;
    }

    @Override
    public boolean crashed() {
        return crashed;
    }

    /** All of its strands stand still, wherever they are, and go on after that. */
    void freeze(long nanos) {
        frozenUntil = Math.max(frozenUntil, scheduler.now() + nanos);
    }

    /** It is gone at once. What it has sent is still under way. */
    void crash() {
        crashed = true;
        strands.forEach(Strand::wake);
    }

    @Override
    public Task start(String name, Program program, Ended ended) {
        check();
        Run run = new Run(name, program, ended);
        Strand strand = Strand.start(scheduler, this, owner + " " + name, run);
        run.strand = strand;
        strands.add(strand);
        return run;
    }

    /** Its monotonic clock. */
    long nanos() {
        return monotonicOffset + (long) (scheduler.now() * rate);
    }

    private void check() {
        if (crashed) {
            throw new Strand.Crashed();
        }
    }

    /** Runs on one of its strands, to wait on another's behalf. */
    Strand current() {
        check();
        Strand current = running;
        if (current == null) {
            throw new IllegalStateException("no strand of " + owner + " is running");
        }
        return current;
    }

    private void sleepUntil(Strand strand, long at) {
        running = null;
        strand.sleepUntil(at);
        running = strand;
    }

    /**
     * Asks a server: the question is under way, the server sees to it, the answer is under way; each may be lost.
     *
     * @param ask sees to the question in the server, and gives its answer at once or later
     * @return empty: no answer came, and whether the server has done what it was asked is not known
     */
    <T> Optional<T> ask(Server server, Consumer<Consumer<T>> ask) {
        Strand strand = current();
        List<T> answers = new ArrayList<>(1);
        boolean[] refused = {false};
        scheduler.after(server.latency(), () -> {
            if (server.reaches(this)) {
                ask.accept(answer -> scheduler.after(server.latency(), () -> {
                    if (server.reaches(this)) {
                        answers.add(answer);
                        strand.wake();
                    }
                }));
            } else if (random.nextBoolean()) {
                refused[0] = true;
                strand.wake();
            }
        });
        long deadline = scheduler.now() + server.timeoutNanos();
        while (answers.isEmpty() && !refused[0] && scheduler.now() < deadline) {
            sleepUntil(strand, deadline);
        }
        return answers.stream().findFirst();
    }

    /** Waits until a time by the world's clock, or until it is woken. */
    void awaitUntil(long at) {
        sleepUntil(current(), at);
    }

    private final class Run implements Task, Waits, Runnable {

        private final String name;
        private final Program program;
        private final Ended ended;
        private final List<Strand> awaiting = new ArrayList<>();
        private @Nullable Strand strand;
        private boolean stop;
        private boolean woken;
        private boolean pausing;
        private boolean over;

        Run(String name, Program program, Ended ended) {
            this.name = name;
            this.program = program;
            this.ended = ended;
        }

        @Override
        public void run() {
            running = strand;
            Optional<Throwable> fault = Optional.empty();
            try {
                program.run(this);
            } catch (Strand.Crashed e) {
                throw e;
            } catch (Throwable e) {
                scheduler.fail(new AssertionError(owner + " " + name + " was broken off by a fault", e));
                fault = Optional.of(e);
            }
            if (!crashed) {
                ended.ended(fault);
            }
            over = true;
            awaiting.forEach(Strand::wake);
            running = null;
        }

        @Override
        public long nanos() {
            check();
            return SimulatedProcess.this.nanos();
        }

        @Override
        public void pause(long millis) {
            check();
            if (millis <= 0) {
                return;
            }
            Strand own = current();
            long end = scheduler.now() + (long) (TimeUnit.MILLISECONDS.toNanos(millis) / rate) + 1;
            pausing = true;
            while (!stop && !woken && scheduler.now() < end) {
                sleepUntil(own, end);
            }
            pausing = false;
            woken = false;
        }

        @Override
        public boolean stopRequested() {
            check();
            return stop;
        }

        @Override
        public void wake() {
            woken = true;
            if (pausing && strand != null) {
                strand.wake();
            }
        }

        @Override
        public void requestStop() {
            stop = true;
            wake();
        }

        @Override
        public void await() {
            Strand waiter = current();
            awaiting.add(waiter);
            while (!over) {
                sleepUntil(waiter, Long.MAX_VALUE);
            }
        }
    }
}
