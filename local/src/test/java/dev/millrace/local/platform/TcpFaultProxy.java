package dev.millrace.local.platform;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A bad network before a server: slow, cut at random moments (by a reset, or first deaf: what the server answers is swallowed for a
 * while, so that the client sends again what has arrived), and, where it is to duplicate, what a connection that was cut had sent
 * arrives once more on another. The seed decides what happens to the first, the second, … connection.
 */
final class TcpFaultProxy implements AutoCloseable {

    private static final int BUFFER = 2_000;

    /** A connection lives for that many bytes of its client, on average. */
    private static final int MEAN_LIFE = 6_000;

    /** Deaf for so many bytes, or until its client has been silent for so long. */
    private static final int DEAF_FOR = 500;

    private static final int DEAF_MILLIS = 200;

    private static final Duration LONGEST_PAUSE = Duration.ofMillis(4);

    private final Relay relay;
    private final boolean duplicates;
    private final AtomicInteger cuts = new AtomicInteger();
    private volatile boolean calm;

    /** Opens a port before {@code target} on this machine. */
    TcpFaultProxy(int target, long seed, boolean duplicates) throws IOException {
        this.duplicates = duplicates;
        AtomicLong seeds = new AtomicLong(seed);
        relay = new Relay(target, () -> {
            Random random = new Random(seeds.getAndIncrement());
            return (client, upstream) -> serve(client, upstream, random);
        });
    }

    int port() {
        return relay.port();
    }

    /** How many connections it has cut. */
    int cuts() {
        return cuts.get();
    }

    /** From now on it is a good network. */
    void becomeCalm() {
        calm = true;
    }

    private void serve(Socket client, Socket upstream, Random random) throws IOException, InterruptedException {
        int life = MEAN_LIFE / 4 + random.nextInt(MEAN_LIFE * 3 / 2);
        boolean deaf = random.nextBoolean();
        Random pauses = new Random(random.nextLong());
        AtomicBoolean hears = new AtomicBoolean(true);
        Thread answers = Thread.ofVirtual().start(() -> answers(upstream, client, pauses, hears));
        byte[] sent = requests(client, upstream, random, life);
        if (sent.length >= life) {
            if (deaf) {
                hears.set(false);
                client.setSoTimeout(DEAF_MILLIS);
                requests(client, upstream, random, DEAF_FOR);
            }
            cuts.incrementAndGet();
            Relay.reset(client);
            Relay.reset(upstream);
            if (duplicates) {
                repeat(sent);
            }
        }
        answers.join();
    }

    /** Passes on what the client sends, until it is that much, or the end; answers what it was. */
    private byte[] requests(Socket client, Socket upstream, Random random, int life) {
        byte[] buffer = new byte[BUFFER];
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        try {
            for (int n = read(client, buffer, random); n >= 0; n = read(client, buffer, random)) {
                upstream.getOutputStream().write(buffer, 0, n);
                if (!calm) {
                    sent.write(buffer, 0, n);
                }
                if (sent.size() >= life) {
                    return sent.toByteArray();
                }
            }
            upstream.shutdownOutput();
        } catch (IOException e) {
            closeQuietly(client);
            closeQuietly(upstream);
        }
        return new byte[0];
    }

    private void answers(Socket upstream, Socket client, Random random, AtomicBoolean hears) {
        byte[] buffer = new byte[BUFFER];
        try {
            for (int n = read(upstream, buffer, random); n >= 0; n = read(upstream, buffer, random)) {
                if (hears.get()) {
                    client.getOutputStream().write(buffer, 0, n);
                }
            }
            client.shutdownOutput();
        } catch (IOException e) {
            closeQuietly(client);
            closeQuietly(upstream);
        }
    }

    /** Pieces of any size: where a packet ends says nothing about where a read does. */
    private int read(Socket from, byte[] buffer, Random random) throws IOException {
        if (calm) {
            return from.getInputStream().read(buffer);
        }
        int n = from.getInputStream().read(buffer, 0, 1 + random.nextInt(buffer.length));
        LockSupport.parkNanos(random.nextLong(LONGEST_PAUSE.toNanos()));
        return n;
    }

    /** What a connection sent arrives on another, whose answers nobody hears. */
    private void repeat(byte[] sent) {
        try (Socket again = relay.connect()) {
            again.getOutputStream().write(sent);
            again.shutdownOutput();
            again.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // the server is away, or the client is there again and took over
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }

    @Override
    public void close() throws IOException {
        relay.close();
    }
}
