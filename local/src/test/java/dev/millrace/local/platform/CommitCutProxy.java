package dev.millrace.local.platform;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A network before PostgreSQL that breaks when it hurts: it follows what clients send message by message (PostgreSQL manual,
 * "Message Formats", without TLS) and cuts each connection in one of its transactions, at a point that the seed chooses for the
 * first, the second, … connection.
 */
final class CommitCutProxy implements AutoCloseable {

    private static final int BUFFER = 64 * 1024;

    /** Transactions that a connection may finish at most before it is cut. */
    private static final int MOST_TRANSACTIONS = 3;

    /** A COMMIT's answer has 18 bytes: CommandComplete and ReadyForQuery. Fewer of them arrive. */
    private static final int ANSWER_BYTES = 18;

    /** Some above the lock time-out of the test's sessions, all below their time-out in a transaction. */
    private static final Duration LATEST = Duration.ofSeconds(2);

    /** Where a connection is cut. */
    enum Cut {
        /** After some bytes of the client, the first ones of the transaction or the last ones, or in between. */
        REQUEST,
        /** After some bytes of what the server answers to the transaction's statements. */
        ANSWER,
        /** The COMMIT does not arrive. */
        BEFORE_COMMIT,
        /** The COMMIT arrives and its client is gone at once: nobody knows what comes of it. */
        AT_COMMIT,
        /** The COMMIT has happened, and its answer does not arrive, or a part of it. */
        AFTER_COMMIT,
        /** Its client is gone, and the COMMIT arrives only then: until it does, the transaction holds its locks. */
        LATE_COMMIT
    }

    private static final List<Cut> KINDS = List.of(Cut.values());

    private final Relay relay;
    private final Map<Cut, AtomicInteger> cuts = new EnumMap<>(Cut.class);
    private volatile boolean cutting;

    /** Opens a port before {@code target} on this machine; nothing is cut yet. */
    CommitCutProxy(int target, long seed) throws IOException {
        for (Cut cut : Cut.values()) {
            cuts.put(cut, new AtomicInteger());
        }
        AtomicLong seeds = new AtomicLong(seed);
        relay = new Relay(target, () -> {
            Random random = new Random(seeds.getAndIncrement());
            return (client, upstream) -> new Connection(client, upstream, random).run();
        });
    }

    int port() {
        return relay.port();
    }

    /** From now on connections are cut, those too that are open. */
    void cut() {
        cutting = true;
    }

    /** From now on it is a good network. */
    void becomeCalm() {
        cutting = false;
    }

    /** How often it has cut where. */
    Map<Cut, AtomicInteger> cuts() {
        return cuts;
    }

    /** One connection, and what will become of it. */
    private final class Connection {

        private final Socket client;
        private final Socket upstream;
        private final Cut cut;
        private final int bytes;
        private final int answerBytes;
        private final Duration late;
        private final CountDownLatch answered = new CountDownLatch(1);

        /** Until the transaction in which it is cut. */
        private int transactions;

        /** How much the client may send still, and the server answer; negative: any. */
        private int requestsLeft = -1;

        private volatile int answersLeft = -1;

        Connection(Socket client, Socket upstream, Random random) {
            this.client = client;
            this.upstream = upstream;
            cut = KINDS.get(random.nextInt(KINDS.size()));
            transactions = random.nextInt(MOST_TRANSACTIONS);
            // of any order of magnitude: within the first message, the rows of the batch, the next transaction
            bytes = random.nextInt(1 << (4 + random.nextInt(12)));
            answerBytes = random.nextInt(ANSWER_BYTES);
            late = Duration.ofMillis(random.nextLong(LATEST.toMillis()));
        }

        void run() throws InterruptedException {
            Thread answers = Thread.ofVirtual().start(this::answers);
            try {
                requests();
                upstream.shutdownOutput();
            } catch (IOException e) {
                Relay.reset(client);
                Relay.reset(upstream);
            }
            answers.join();
        }

        private void requests() throws IOException, InterruptedException {
            DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream(), BUFFER));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(upstream.getOutputStream(), BUFFER));
            try {
                // the first message alone has no type
                int startup = in.readInt();
                out.writeInt(startup);
                out.write(in.readNBytes(startup - Integer.BYTES));
                out.flush();
                while (true) {
                    int type = in.readUnsignedByte();
                    int length = in.readInt();
                    byte[] body = in.readNBytes(length - Integer.BYTES);
                    if (!message(out, type, body)) {
                        return;
                    }
                    if (in.available() == 0) {
                        out.flush();
                    }
                }
            } catch (EOFException e) {
                // the client has closed it
            }
        }

        /** Passes a message on, and answers whether the connection goes on. */
        private boolean message(DataOutputStream out, int type, byte[] body) throws IOException, InterruptedException {
            boolean commit = is("COMMIT", type, body);
            if (is("BEGIN", type, body) && cutting && transactions-- == 0) {
                // it begins to count with this message
                switch (cut) {
                    case REQUEST -> requestsLeft = bytes;
                    case ANSWER -> answersLeft = bytes;
                    case BEFORE_COMMIT, AT_COMMIT, AFTER_COMMIT, LATE_COMMIT -> {}
                }
            } else if (commit && cutting && transactions < 0) {
                switch (cut) {
                    case REQUEST, ANSWER -> {}
                    case BEFORE_COMMIT -> {
                        end();
                        return false;
                    }
                    case AT_COMMIT -> {
                        pass(out, type, body);
                        end();
                        return false;
                    }
                    case AFTER_COMMIT -> {
                        answersLeft = answerBytes;
                        pass(out, type, body);
                        answered.await();
                        return false;
                    }
                    case LATE_COMMIT -> {
                        count();
                        Relay.reset(client);
                        LockSupport.parkNanos(late.toNanos());
                        pass(out, type, body);
                        answered.await();
                        return false;
                    }
                }
            }
            int size = 1 + Integer.BYTES + body.length;
            if (requestsLeft >= 0 && requestsLeft < size) {
                byte[] whole = new byte[size];
                whole[0] = (byte) type;
                ByteBuffer.wrap(whole).putInt(1, body.length + Integer.BYTES);
                System.arraycopy(body, 0, whole, 1 + Integer.BYTES, body.length);
                out.write(whole, 0, requestsLeft);
                out.flush();
                end();
                return false;
            }
            if (requestsLeft >= 0) {
                requestsLeft -= size;
            }
            write(out, type, body);
            return true;
        }

        private static boolean is(String statement, int type, byte[] body) {
            return type == 'Q' && new String(body, US_ASCII).equals(statement + "\0");
        }

        private static void pass(DataOutputStream out, int type, byte[] body) throws IOException {
            write(out, type, body);
            out.flush();
        }

        private static void write(DataOutputStream out, int type, byte[] body) throws IOException {
            out.writeByte(type);
            out.writeInt(body.length + Integer.BYTES);
            out.write(body);
        }

        private void answers() {
            byte[] buffer = new byte[BUFFER];
            try {
                for (int n = upstream.getInputStream().read(buffer);
                        n >= 0;
                        n = upstream.getInputStream().read(buffer)) {
                    int left = answersLeft;
                    int passed = left < 0 ? n : Math.min(left, n);
                    if (left >= 0) {
                        answersLeft = left - passed;
                    }
                    client.getOutputStream().write(buffer, 0, passed);
                    if (passed < n) {
                        end();
                    }
                }
                client.shutdownOutput();
            } catch (IOException e) {
                Relay.reset(client);
                Relay.reset(upstream);
            } finally {
                answered.countDown();
            }
        }

        private void end() {
            count();
            Relay.reset(client);
            Relay.reset(upstream);
        }

        private void count() {
            cuts.get(cut).incrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        relay.close();
    }
}
