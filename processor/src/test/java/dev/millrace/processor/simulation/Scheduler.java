package dev.millrace.processor.simulation;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time, and programs that share it. Each program has a thread of its own, but exactly one thread at a time holds the
 * baton, and it gives it away only where it waits ({@link Strand}). Whoever waits runs the events that come due meanwhile: so
 * most waits need no change of thread. The order of events depends on their times and on the seed alone, and with it the
 * whole history; {@link #hash} tells two apart.
 */
final class Scheduler {

    /** A history has some ten thousand events; one with so many goes round in a circle. */
    private static final long MOST_EVENTS = 2_000_000;

    private static final int REMEMBERED_LINES = 300;

    private record Event(long at, int tie, long number, Supplier<@Nullable Strand> action) {}

    private record Line(long at, String text) {

        @Override
        public String toString() {
            return "%10.3f %s".formatted(at / 1e9, text);
        }
    }

    private static final Comparator<Event> ORDER =
            Comparator.comparingLong(Event::at).thenComparingInt(Event::tie).thenComparingLong(Event::number);

    private final RandomGenerator random;
    private final boolean tracing;
    private final PriorityQueue<Event> events = new PriorityQueue<>(ORDER);
    private final Deque<Line> lines = new ArrayDeque<>();
    private final Strand main;
    private long now;
    private long numbers;
    private long hash;
    private @Nullable Throwable failure;

    /**
     * For the thread that makes it.
     *
     * @param tracing whether to print the history while it happens
     */
    Scheduler(RandomGenerator random, boolean tracing) {
        this.random = random;
        this.tracing = tracing;
        Strand.Host world = new Strand.Host() {
            @Override
            public long frozenUntil() {
                return 0;
            }

            @Override
            public boolean crashed() {
                return false;
            }
        };
        main = new Strand(this, world, "world");
    }

    /** Nanoseconds since the history's beginning. */
    long now() {
        return now;
    }

    /** Something happens after a delay. It must not wait. */
    void after(long nanos, Runnable action) {
        add(now + Math.max(0, nanos), () -> {
            action.run();
            return null;
        });
    }

    /** Something happens at a time; the strand that it answers gets the baton. */
    void add(long at, Supplier<@Nullable Strand> action) {
        events.add(new Event(Math.max(now, at), random.nextInt(), numbers++, action));
    }

    /** Lets so much time pass. */
    void run(long nanos) {
        main.sleepUntil(now + nanos);
        if (failure != null) {
            throw new AssertionError(failure.getMessage(), failure);
        }
    }

    /** Forgets what went wrong, for the end of a history: its strands are to go. */
    void windUp() {
        failure = null;
        main.sleepUntil(now);
        main.sleepUntil(now + 1);
    }

    /** The caller waits, or is over; returns when it has the baton again. */
    void giveAway(Strand waiting) {
        Strand next = next();
        if (next != waiting) {
            next.take();
            if (!waiting.over()) {
                waiting.park();
            }
        }
    }

    /** Runs what comes due, up to the strand that is to go on. */
    private Strand next() {
        while (failure == null) {
            Event event = events.poll();
            if (event == null || numbers > MOST_EVENTS) {
                fail(new AssertionError("the history does not come to its end"));
                break;
            }
            now = event.at;
            try {
                Strand next = event.action.get();
                if (next != null) {
                    return next;
                }
            } catch (Throwable e) {
                fail(e);
            }
        }
        return main;
    }

    /** Ends the history: something is not as it must be. */
    void fail(Throwable why) {
        if (failure == null) {
            failure = why;
        }
    }

    /** Writes a line of the history. */
    void note(String text) {
        hash = (hash * 31 + now) * 31 + text.hashCode();
        Line line = new Line(now, text);
        if (tracing) {
            System.out.println(line);
        }
        lines.add(line);
        if (lines.size() > REMEMBERED_LINES) {
            lines.remove();
        }
    }

    /** The same for two histories exactly if they are the same, as far as a hash can tell. */
    long hash() {
        return hash;
    }

    /** The end of the history, for people. */
    String lastLines() {
        return lines.stream().map(Line::toString).collect(Collectors.joining("\n"));
    }
}
