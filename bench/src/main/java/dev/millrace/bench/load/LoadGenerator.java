package dev.millrace.bench.load;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * Sends prepared requests over many connections from one thread, and takes little of the processor that it shares with the
 * server: requests are bytes made before, answers are looked at for their status alone. Not thread-safe.
 *
 * <p>Open loop: each request has its time, whatever became of those before (Tene, "How NOT to Measure Latency"). One that finds
 * no connection free waits, and its latency counts from its time. Settling and window are one schedule: a backlog of the former
 * is worked off in the latter. The selector knows milliseconds, so requests leave in bursts of what a millisecond holds.
 */
public final class LoadGenerator implements AutoCloseable {

    /** How requests follow each other. */
    public sealed interface Pace {

        /** So many a second, come what may. */
        record Open(int perSecond) implements Pace {}

        /** A connection sends the next when the last is answered. */
        record Closed() implements Pace {}
    }

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long MAX_LATENCY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(15);

    private final InetSocketAddress server;
    private final List<ByteBuffer> requests;
    private final Selector selector;
    private final ByteBuffer shared = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Deque<LoadConnection> idle = new ArrayDeque<>();
    private final List<LoadConnection> connections = new ArrayList<>();

    private int nextRequest;
    private Tally tally = new Tally(System.nanoTime());

    /** What is counted of one run. */
    private static final class Tally {
        /** When the window begins: requests whose time is earlier are not measured. */
        final long from;

        final Histogram latency = new Histogram(MAX_LATENCY_NANOS, 3);
        final Histogram lateness = new Histogram(MAX_LATENCY_NANOS, 3);
        long accepted;
        long failed;

        Tally(long from) {
            this.from = from;
        }

        void latency(long intended, long nanos) {
            if (intended - from >= 0) {
                latency.recordValue(bounded(nanos));
            }
        }

        void lateness(long intended, long nanos) {
            if (intended - from >= 0) {
                lateness.recordValue(bounded(nanos));
            }
        }
    }

    /** When requests are to be sent, from {@code start} to {@code end}; and how many have been. */
    private static final class Schedule {
        private final Pace pace;
        private final long start;
        private final long end;
        private long sent;

        Schedule(Pace pace, long start, long end) {
            this.pace = pace;
            this.start = start;
            this.end = end;
        }

        /** The time of the next request. */
        long next(long now) {
            return switch (pace) {
                case Pace.Closed() -> now;
                case Pace.Open(int perSecond) -> start + sent * NANOS_PER_SECOND / perSecond;
            };
        }

        boolean isDue(long now) {
            long next = next(now);
            return next - now <= 0 && next - end < 0;
        }
    }

    /**
     * Opens the connections.
     *
     * @param requests whole HTTP/1.1 requests, sent in turn
     */
    public LoadGenerator(InetSocketAddress server, List<byte[]> requests, int connections) throws IOException {
        this.server = server;
        this.requests = requests.stream().map(LoadGenerator::direct).toList();
        this.selector = Selector.open();
        for (int i = 0; i < connections; i++) {
            connect();
        }
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private void connect() throws IOException {
        LoadConnection connection = new LoadConnection(selector, server);
        connections.add(connection);
        idle.addLast(connection);
    }

    /**
     * Sends for {@code settling}, then for {@code measured}, and waits for the last answers.
     *
     * @param serverCpu the server's processor time so far
     * @throws IllegalStateException if some have not come for long
     */
    public LoadResult run(Pace pace, Duration settling, Duration measured, Supplier<Duration> serverCpu)
            throws IOException {
        long start = System.nanoTime();
        long from = start + settling.toNanos();
        long end = from + measured.toNanos();
        Schedule schedule = new Schedule(pace, start, end);
        tally = new Tally(from);
        send(schedule, from);
        long windowStart = System.nanoTime();
        Duration cpuBefore = serverCpu.get();
        long ownBefore = ownCpu();
        tally.accepted = 0;
        tally.failed = 0;
        send(schedule, end);
        Duration cpu = serverCpu.get().minus(cpuBefore);
        long own = ownCpu() - ownBefore;
        long time = System.nanoTime() - windowStart;
        long accepted = tally.accepted;
        finish(schedule);
        return new LoadResult(
                tally.latency,
                tally.lateness,
                accepted,
                tally.failed,
                Duration.ofNanos(time),
                cpu,
                Duration.ofNanos(own));
    }

    private static long ownCpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private void send(Schedule schedule, long until) throws IOException {
        for (long now = System.nanoTime(); now - until < 0; now = System.nanoTime()) {
            sendDue(schedule, now);
            selector.select(this::proceed, 1);
        }
    }

    private void sendDue(Schedule schedule, long now) {
        while (!idle.isEmpty() && schedule.isDue(now)) {
            send(idle.removeFirst(), schedule.next(now), now);
            schedule.sent++;
        }
    }

    private void send(LoadConnection connection, long intended, long now) {
        connection.intended = intended;
        tally.lateness(intended, now - Math.max(intended, connection.idleSince));
        nextRequest = nextRequest + 1 == requests.size() ? 0 : nextRequest + 1;
        try {
            connection.send(requests.get(nextRequest));
        } catch (IOException e) {
            replace(connection);
        }
    }

    private void proceed(SelectionKey key) {
        LoadConnection connection = (LoadConnection) key.attachment();
        try {
            int status = connection.proceed(shared);
            if (status != LoadConnection.INCOMPLETE) {
                answered(connection, status);
            }
        } catch (IOException e) {
            replace(connection);
        }
    }

    private void answered(LoadConnection connection, int status) {
        long now = System.nanoTime();
        tally.latency(connection.intended, now - connection.intended);
        if (status == 202) {
            tally.accepted++;
        } else {
            tally.failed++;
        }
        connection.idleSince = now;
        idle.addLast(connection);
    }

    /** A broken connection's request has failed; another takes its place. */
    private void replace(LoadConnection connection) {
        tally.failed++;
        try {
            connection.close();
            connections.remove(connection);
            idle.remove(connection);
            connect();
        } catch (IOException e) {
            throw new IllegalStateException("the server " + server + " is gone", e);
        }
    }

    /** Sends what found no connection in time, and waits for the last answers. */
    private void finish(Schedule schedule) throws IOException {
        long deadline = System.nanoTime() + LAST_ANSWERS.toNanos();
        long now = System.nanoTime();
        while ((idle.size() < connections.size() || isBehind(schedule, now)) && now - deadline < 0) {
            if (isBehind(schedule, now)) {
                sendDue(schedule, now);
            }
            selector.select(this::proceed, 1);
            now = System.nanoTime();
        }
        if (idle.size() < connections.size()) {
            throw new IllegalStateException(
                    (connections.size() - idle.size()) + " requests got no answer in " + LAST_ANSWERS);
        }
        for (; isBehind(schedule, now); schedule.sent++) {
            // never sent: it has waited at least until now
            tally.latency(schedule.next(now), now - schedule.next(now));
            tally.failed++;
        }
    }

    /** Whether requests of the schedule have not been sent; of a closed loop there are none. */
    private static boolean isBehind(Schedule schedule, long now) {
        return schedule.pace instanceof Pace.Open && schedule.isDue(now);
    }

    private static long bounded(long nanos) {
        return Math.clamp(nanos, 0, MAX_LATENCY_NANOS);
    }

    @Override
    public void close() throws IOException {
        for (LoadConnection connection : connections) {
            connection.close();
        }
        selector.close();
    }
}
