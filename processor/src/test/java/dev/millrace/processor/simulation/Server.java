package dev.millrace.processor.simulation;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Something that processes ask over a network, and that can be away, for one of them or for all. */
final class Server {

    private final String name;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final long timeoutNanos;
    private final Map<SimulatedProcess, Long> cutUntil = new HashMap<>();
    private long awayUntil;
    private long slowUntil;

    /** @param timeoutMillis how long a client waits for an answer */
    Server(String name, Scheduler scheduler, RandomGenerator random, long timeoutMillis) {
        this.name = name;
        this.scheduler = scheduler;
        this.random = random;
        this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    }

    /** It is away for all. */
    void away(long nanos) {
        awayUntil = Math.max(awayUntil, scheduler.now() + nanos);
    }

    /** One process cannot reach it, nor be reached by it. */
    void cut(SimulatedProcess process, long nanos) {
        cutUntil.merge(process, scheduler.now() + nanos, Math::max);
    }

    /** It answers late. */
    void slow(long nanos) {
        slowUntil = Math.max(slowUntil, scheduler.now() + nanos);
    }

    boolean reaches(SimulatedProcess process) {
        return scheduler.now() >= awayUntil && scheduler.now() >= cutUntil.getOrDefault(process, 0L);
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    /** How long a message is under way; nanoseconds. */
    long latency() {
        long micros = random.nextInt(25) == 0 ? 1 + random.nextInt(150_000) : 200 + random.nextInt(4_000);
        if (scheduler.now() < slowUntil) {
            micros += random.nextInt(900_000);
        }
        return TimeUnit.MICROSECONDS.toNanos(micros);
    }

    @Override
    public String toString() {
        return name;
    }
}
