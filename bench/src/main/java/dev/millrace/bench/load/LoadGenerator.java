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
 * server: requests are bytes made before, answers are looked at for their status alone. A connection has as many requests under
 * way as its {@link Dialogue} has room for. Not thread-safe.
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

        /** A connection sends another whenever it has room for one. */
        record Closed() implements Pace {}
    }

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long MAX_LATENCY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(15);

    private final InetSocketAddress server;
    private final Protocol protocol;
    private final Selector selector;
    private final ByteBuffer shared = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final List<LoadConnection> connections = new ArrayList<>();

    /** Those that have room for a request; each sends one, then it is the next one's turn. */
    private final Deque<LoadConnection> roomy = new ArrayDeque<>();

    private final List<LoadConnection> unflushed = new ArrayList<>();
    private Tally tally = new Tally(System.nanoTime());

    /** What is counted of one run. */
    private static final class Tally implements Dialogue.Answers {
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

        @Override
        public void accepted(long intended) {
            latency(intended, System.nanoTime() - intended);
            accepted++;
        }

        @Override
        public void failed(long intended) {
            latency(intended, System.nanoTime() - intended);
            failed++;
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

    /** Opens the connections. */
    LoadGenerator(InetSocketAddress server, Protocol protocol, int connections) throws IOException {
        this.server = server;
        this.protocol = protocol;
        this.selector = Selector.open();
        for (int i = 0; i < connections; i++) {
            connect();
        }
    }

    private void connect() throws IOException {
        LoadConnection connection = new LoadConnection(selector, server, protocol);
        connections.add(connection);
        roomy.addLast(connection);
    }

    /**
     * Sends for {@code settling}, then for {@code measured}, and waits for the last answers. Requests without one have failed.
     *
     * @param serverCpu the server's processor time so far
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
        while (!roomy.isEmpty() && schedule.isDue(now)) {
            request(roomy.removeFirst(), schedule.next(now), now);
            schedule.sent++;
        }
        // by index: a connection that breaks is put aside meanwhile
        for (int i = 0; i < unflushed.size(); i++) {
            flush(unflushed.get(i));
        }
        unflushed.clear();
    }

    private void request(LoadConnection connection, long intended, long now) {
        tally.lateness(intended, now - Math.max(intended, connection.roomSince));
        if (connection.request(intended)) {
            unflushed.add(connection);
        }
        if (connection.dialogue().hasRoom()) {
            roomy.addLast(connection);
        }
    }

    private void flush(LoadConnection connection) {
        try {
            connection.flush();
        } catch (IOException e) {
            replace(connection);
        }
    }

    private void proceed(SelectionKey key) {
        LoadConnection connection = (LoadConnection) key.attachment();
        boolean hadRoom = connection.dialogue().hasRoom();
        try {
            connection.proceed(shared, tally);
        } catch (IOException e) {
            replace(connection);
            return;
        }
        if (!hadRoom && connection.dialogue().hasRoom()) {
            connection.roomSince = System.nanoTime();
            roomy.addLast(connection);
        }
    }

    /** A broken connection's requests have failed; another takes its place. */
    private void replace(LoadConnection connection) {
        tally.failed += Math.max(1, connection.dialogue().underWay());
        try {
            connection.close();
            connections.remove(connection);
            roomy.remove(connection);
            connect();
        } catch (IOException e) {
            throw new IllegalStateException("the server " + server + " is gone", e);
        }
    }

    /** Sends what found no connection in time, and waits for the last answers. */
    private void finish(Schedule schedule) throws IOException {
        long deadline = System.nanoTime() + LAST_ANSWERS.toNanos();
        long now = System.nanoTime();
        while ((isAnyUnderWay() || isBehind(schedule, now)) && now - deadline < 0) {
            if (isBehind(schedule, now)) {
                sendDue(schedule, now);
            }
            selector.select(this::proceed, 1);
            now = System.nanoTime();
        }
        // an answer that is not here by now would be taken for one of the next run
        for (LoadConnection connection : List.copyOf(connections)) {
            if (connection.dialogue().underWay() > 0) {
                replace(connection);
            }
        }
        for (; isBehind(schedule, now); schedule.sent++) {
            // never sent: it has waited at least until now
            tally.latency(schedule.next(now), now - schedule.next(now));
            tally.failed++;
        }
    }

    private boolean isAnyUnderWay() {
        for (LoadConnection connection : connections) {
            if (connection.dialogue().underWay() > 0) {
                return true;
            }
        }
        return false;
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
