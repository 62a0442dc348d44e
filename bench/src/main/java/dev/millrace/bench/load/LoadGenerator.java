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
 * no connection free waits, and its latency counts from its time. The selector knows milliseconds, so requests leave in bursts of
 * what a millisecond holds.
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
    private static final long MAX_LATENCY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(15);

    private final InetSocketAddress server;
    private final List<ByteBuffer> requests;
    private final Selector selector;
    private final ByteBuffer shared = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Deque<LoadConnection> idle = new ArrayDeque<>();
    private final List<LoadConnection> connections = new ArrayList<>();

    private int nextRequest;
    private Tally tally = new Tally();

    /** What is counted while it is measured. */
    private static final class Tally {
        final Histogram latency = new Histogram(MAX_LATENCY_NANOS, 3);
        final Histogram lateness = new Histogram(MAX_LATENCY_NANOS, 3);
        long accepted;
        long failed;
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
     */
    public LoadResult run(Pace pace, Duration settling, Duration measured, Supplier<Duration> serverCpu)
            throws IOException {
        long start = System.nanoTime();
        send(pace, start, settling);
        tally = new Tally();
        long from = System.nanoTime();
        Duration cpuBefore = serverCpu.get();
        long ownBefore = ownCpu();
        send(pace, from, measured);
        Duration cpu = serverCpu.get().minus(cpuBefore);
        long own = ownCpu() - ownBefore;
        Tally counted = tally;
        long time = System.nanoTime() - from;
        long accepted = counted.accepted;
        long failed = counted.failed;
        awaitLast();
        return new LoadResult(
                counted.latency,
                counted.lateness,
                accepted,
                failed,
                Duration.ofNanos(time),
                cpu,
                Duration.ofNanos(own));
    }

    private static long ownCpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private void send(Pace pace, long start, Duration duration) throws IOException {
        long end = start + duration.toNanos();
        long sent = 0;
        for (long now = start; now - end < 0; now = System.nanoTime()) {
            switch (pace) {
                case Pace.Closed() -> {
                    while (!idle.isEmpty()) {
                        send(idle.removeFirst(), now, now);
                    }
                    selector.select(this::proceed, 100);
                }
                case Pace.Open(int perSecond) -> {
                    long due = Math.round((now - start) * 1e-9 * perSecond);
                    while (sent < due && !idle.isEmpty()) {
                        send(idle.removeFirst(), start + (long) (sent * 1e9 / perSecond), now);
                        sent++;
                    }
                    selector.select(this::proceed, 1);
                }
            }
        }
        if (pace instanceof Pace.Open(int perSecond)) {
            // what found no connection has waited at least until now
            for (long due = Math.round((end - start) * 1e-9 * perSecond); sent < due; sent++) {
                tally.latency.recordValue(bounded(end - start - (long) (sent * 1e9 / perSecond)));
            }
        }
    }

    private void send(LoadConnection connection, long intended, long now) throws IOException {
        connection.intended = intended;
        tally.lateness.recordValue(bounded(now - Math.max(intended, connection.idleSince)));
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
        tally.latency.recordValue(bounded(now - connection.intended));
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

    private void awaitLast() throws IOException {
        long end = System.nanoTime() + LAST_ANSWERS.toNanos();
        while (idle.size() < connections.size() && System.nanoTime() - end < 0) {
            selector.select(this::proceed, 10);
        }
        if (idle.size() < connections.size()) {
            throw new IllegalStateException(
                    (connections.size() - idle.size()) + " requests got no answer in " + LAST_ANSWERS);
        }
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
