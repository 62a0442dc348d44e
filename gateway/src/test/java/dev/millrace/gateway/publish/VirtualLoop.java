package dev.millrace.gateway.publish;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * A loop in virtual time, and everything else that happens in it, on one thread. A task that is handed to the loop takes a
 * moment to get there, so that what was routed by one shard map may arrive under the next.
 */
final class VirtualLoop implements Loop {

    private record Event(long at, long number, Runnable task) {}

    private static final long HOP = 1_000_000;

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
    private final Queue<Runnable> mailbox = new ArrayDeque<>();
    private final Random random;
    private long now;
    private long number;
    private long lastHop;
    private int callers;

    VirtualLoop(Random random) {
        this.random = random;
    }

    /** Runs until a condition holds; whether it came to that before a time in seconds. */
    boolean runUntil(long seconds, BooleanSupplier condition, Runnable afterEach) {
        while (!condition.getAsBoolean()) {
            Event event = events.poll();
            if (event == null || event.at > seconds * 1_000_000_000L) {
                return false;
            }
            now = event.at;
            event.task.run();
            afterEach.run();
        }
        return true;
    }

    /** Runs a task of the world outside after a time in nanoseconds. */
    void in(long nanos, Runnable task) {
        events.add(new Event(now + nanos, number++, task));
    }

    @Override
    public void post(Runnable task) {
        mailbox.add(task);
    }

    @Override
    public void wake() {
        lastHop = Math.max(lastHop, now + random.nextLong(random.nextInt(20) == 0 ? 20 * HOP : HOP));
        events.add(new Event(lastHop, number++, this::empty));
    }

    private void empty() {
        for (Runnable task = mailbox.poll(); task != null; task = mailbox.poll()) {
            task.run();
        }
    }

    @Override
    public void after(long millis, Runnable task) {
        in(millis * 1_000_000, () -> {
            empty();
            task.run();
        });
    }

    @Override
    public long nanoTime() {
        return now;
    }

    /** How many have asked where they are to be told: how many submissions were made. */
    int callers() {
        return callers;
    }

    @Override
    public Executor caller() {
        callers++;
        return task -> in(0, task);
    }
}
