package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.gateway.GatewayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The publisher against a stream that is resharded at random while it throttles, fails, hides what it accepted and accepts
 * late, and whose shard map cannot be trusted ({@link SimulatedStream}), in virtual time, by seed. After every event: an
 * acknowledged reading is in the stream where readers look for it (G1), and the bytes that are counted are within their bound
 * (G4; that the count is true to the heap is what WaitingBodiesVerticleTest and KinesisAwayIT look at). In the end: all is
 * there, but for what senders gave up that do not come again, each sensor's first occurrences in the order sent and without a
 * gap (G2), and nothing is left behind.
 */
class PublisherSimulationTest {

    private static final int SEEDS = 150;

    /** How long an answer may take after its deadline: a look at the deadlines, and hops. */
    private static final long LATE = 150_000_000;

    private static final int DEVICES = 8;
    private static final int BODIES = 12;

    /** No waiting for answers, as on a connection that pipelines; nothing expires, so that nothing is sent again. */
    @Test
    void keepsTheOrderOfWhatIsSentWithoutWaitingThroughReshards() {
        int skipped = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            skipped += new Simulation(seed, Duration.ofHours(1), 64 << 20).run(Senders.PIPELINED);
        }
        assertTrue(skipped > SEEDS / 3, "too few aggregates straddled a reshard: " + skipped);
    }

    /** Deadlines that pass and bytes that run out, and devices that send again what they are told to. */
    @Test
    void keepsTheOrderOfWhatIsSentAgainThroughReshards() {
        int skipped = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            skipped += new Simulation(seed, Duration.ofMillis(400), 12_000).run(Senders.WAITING);
        }
        assertTrue(skipped > SEEDS / 3, "too few aggregates straddled a reshard: " + skipped);
    }

    /**
     * Connections that do not wait for answers, with long and short times, of which some are cut and some come again and send
     * what was not acknowledged; among devices that wait, and some that want no answer. What is given up must not be overtaken,
     * and what may be dropped takes nobody's room.
     */
    @Test
    void nothingOfAChainComesBeforeWhatWasSentBeforeIt() {
        int broken = 0;
        int waits = 0;
        int gaps = 0;
        int dropped = 0;
        int admitted = 0;
        for (long seed = 0; seed < 2 * SEEDS; seed++) {
            Simulation simulation = new Simulation(seed, Duration.ofMillis(400), 24_000);
            simulation.run(Senders.MIXED);
            broken += simulation.brokenChains;
            waits += simulation.waits;
            gaps += simulation.ended;
            dropped += simulation.dropped;
            admitted += simulation.admittedExpendable;
        }
        assertTrue(broken > 2 * SEEDS, "too few chains broke: " + broken);
        assertTrue(waits > 2 * SEEDS, "too few submissions found no room: " + waits);
        assertTrue(gaps > SEEDS / 3, "too few sensors ended before all was sent: " + gaps);
        assertTrue(dropped > 2 * SEEDS, "too few that are expendable were dropped: " + dropped);
        assertTrue(admitted > 2 * SEEDS, "too few that are expendable were admitted: " + admitted);
    }

    private enum Senders {
        /** All send without waiting for answers. */
        PIPELINED,
        /** All wait for each answer. */
        WAITING,
        /** Some wait, some are connections with chains. */
        MIXED
    }

    private static final class Simulation {

        private final long seed;
        private final Random random;
        private final VirtualLoop loop;
        private final SimulatedStream stream;
        private final Duration timeout;
        private final long buffer;
        private final Publisher publisher;
        private final Map<String, List<String>> sent = new HashMap<>();

        /** Sensors of connections that do not come again. */
        private final Set<String> leftOff = new HashSet<>();

        /** How many chains broke, how often a submission found no room, how many sensors have not all in the stream. */
        private int brokenChains;

        private int waits;
        private int ended;

        /** Of what is expendable: what was refused for want of room, and what was not. */
        private int dropped;

        private int admittedExpendable;
        private int devicesAtWork;
        private int unanswered;

        Simulation(long seed, Duration timeout, long buffer) {
            this.seed = seed;
            this.timeout = timeout;
            this.buffer = buffer;
            random = new Random(seed);
            loop = new VirtualLoop(random);
            stream = new SimulatedStream(loop, random, 1 + random.nextInt(3));
            stream.faults = random.nextInt(4) * 0.1;
            PublisherConfig config = new PublisherConfig(
                    buffer, timeout, Duration.ofMillis(50), new Retry(Duration.ofMillis(5), Duration.ofMillis(100)));
            publisher = new Publisher(
                    loop,
                    stream,
                    stream.map(),
                    config,
                    FakeStream.availability(),
                    new GatewayMetrics(new SimpleMeterRegistry()),
                    random);
        }

        int run(Senders senders) {
            for (int device = 0; device < DEVICES; device++) {
                devicesAtWork++;
                List<List<StreamLine>> bodies = bodies("d" + device);
                if (senders == Senders.MIXED && device % 4 > 0) {
                    boolean returns = device % 4 > 1;
                    if (!returns) {
                        bodies.forEach(body -> body.forEach(line -> leftOff.add(line.sensorId())));
                    }
                    loop.in(random.nextLong(50_000_000), () -> new Connection(bodies, 0, returns).open());
                } else {
                    loop.in(random.nextLong(50_000_000), () -> send(bodies, 0, senders == Senders.PIPELINED));
                }
            }
            if (senders == Senders.MIXED) {
                devicesAtWork++;
                sendExpendable(0);
            }
            upset(6 + random.nextInt(8));
            assertTrue(
                    loop.runUntil(600, () -> devicesAtWork == 0 && unanswered == 0, this::assertBounded),
                    () -> "stuck, seed " + seed);
            stream.faults = 0;
            assertTrue(
                    loop.runUntil(
                            1_200,
                            () -> stream.isIdle() && publisher.bufferedBytes() == 0 && publisher.leavingLanes() == 0,
                            this::assertBounded),
                    () -> "left behind, seed " + seed + ": " + publisher.bufferedBytes() + " B, "
                            + publisher.leavingLanes() + " lanes");
            sent.forEach((sensor, lines) -> {
                List<String> there = stream.firstOccurrences().getOrDefault(sensor, List.of());
                boolean all = !leftOff.contains(sensor) || there.size() == lines.size();
                ended += all ? 0 : 1;
                assertEquals(all ? lines : lines.subList(0, there.size()), there, () -> "seed " + seed);
            });
            for (Lane lane : publisher.routing().lanes()) {
                assertEquals(0, lane.share().taken(), () -> "a share is not given back, seed " + seed);
            }
            return stream.skipped;
        }

        private void upset(int times) {
            // every other one before the lanes have followed the one before
            loop.in(random.nextLong(random.nextBoolean() ? 30_000_000 : 200_000_000), () -> {
                stream.upset();
                if (times > 1 && devicesAtWork > 0) {
                    upset(times - 1);
                }
            });
        }

        /** A device's bodies, each with readings of two sensors of its own. */
        private List<List<StreamLine>> bodies(String device) {
            List<List<StreamLine>> bodies = new ArrayList<>();
            int timestamp = 0;
            for (int i = 0; i < BODIES; i++) {
                List<StreamLine> body = new ArrayList<>();
                for (int j = 0; j <= random.nextInt(5); j++) {
                    String sensor = device + (random.nextBoolean() ? "-a" : "-b");
                    StreamLine line =
                            StreamLine.of(new Reading(sensor, timestamp++, List.of(new Measurement.Numeric("t", 1))));
                    body.add(line);
                    sent.computeIfAbsent(sensor, _ -> new ArrayList<>()).add(text(line));
                }
                bodies.add(body);
            }
            return bodies;
        }

        private void send(List<List<StreamLine>> bodies, int next, boolean pipelined) {
            if (next == bodies.size()) {
                devicesAtWork--;
                return;
            }
            if (pipelined) {
                publish(bodies.get(next), () -> {});
                loop.in(random.nextLong(60_000_000), () -> send(bodies, next + 1, true));
            } else {
                publish(bodies.get(next), () -> send(bodies, next + 1, false));
            }
        }

        /** Sends a body, and of that again what it is told to. */
        private void publish(List<StreamLine> body, Runnable then) {
            unanswered++;
            long end = loop.nanoTime() + timeout.toNanos() + LATE;
            publisher.publish(body).onComplete(answer -> {
                unanswered--;
                assertTrue(loop.nanoTime() <= end, () -> "an answer too late, seed " + seed);
                Publication publication = answer.result();
                List<StreamLine> again = new ArrayList<>();
                for (int i = 0; i < body.size(); i++) {
                    if (publication.retry().get(i)) {
                        again.add(body.get(i));
                    } else {
                        assertTrue(stream.holds(text(body.get(i))), () -> "acknowledged and not there, seed " + seed);
                    }
                }
                assertEquals(body.size() - again.size(), publication.accepted());
                if (again.isEmpty()) {
                    then.run();
                } else {
                    loop.in(random.nextLong(100_000_000), () -> publish(again, then));
                }
            });
        }

        /** What its sender does not offer again, whatever becomes of it. */
        private void sendExpendable(int next) {
            if (next == 4 * BODIES) {
                devicesAtWork--;
                return;
            }
            StreamLine line =
                    StreamLine.of(new Reading("e" + random.nextInt(4), next, List.of(new Measurement.Numeric("t", 1))));
            long before = publisher.bufferedBytes();
            Optional<Future<Publication>> publication =
                    publisher.tryPublish(List.of(line), timeout, Chain.expendable());
            if (publication.isEmpty()) {
                dropped++;
                assertEquals(before, publisher.bufferedBytes(), () -> "room is kept, seed " + seed);
            } else {
                admittedExpendable++;
                assertTrue(publisher.bufferedBytes() <= buffer / 2, () -> "in the last half, seed " + seed);
                unanswered++;
                publication.get().onComplete(answer -> {
                    unanswered--;
                    assertTrue(
                            !answer.result().retry().isEmpty() || stream.holds(text(line)),
                            () -> "acknowledged and not there, seed " + seed);
                });
            }
            loop.in(random.nextLong(40_000_000), () -> sendExpendable(next + 1));
        }

        /** A connection that sends without waiting for answers, and ends with the first that is not good, or when it is cut. */
        private final class Connection {

            private final Chain chain = new Chain();
            private final BitSet acknowledged = new BitSet();
            private final List<List<StreamLine>> bodies;
            private final boolean returns;
            private int next;
            private boolean closed;

            /** @param first the first body that is not acknowledged yet */
            Connection(List<List<StreamLine>> bodies, int first, boolean returns) {
                this.bodies = bodies;
                this.returns = returns;
                next = first;
                acknowledged.set(0, first);
            }

            void open() {
                if (random.nextInt(4) == 0) {
                    loop.in(random.nextLong(500_000_000), this::close);
                }
                send();
            }

            private void send() {
                if (closed || next == bodies.size()) {
                    return;
                }
                Duration time = Duration.ofMillis(
                        random.nextInt(3) == 0 ? 20 + random.nextInt(200) : 500 + random.nextInt(20_000));
                int number = next;
                long end = loop.nanoTime() + time.toNanos() + LATE;
                long before = publisher.bufferedBytes();
                Optional<Future<Publication>> publication = publisher.tryPublish(bodies.get(number), time, chain);
                if (publication.isEmpty()) {
                    waits++;
                    assertEquals(before, publisher.bufferedBytes(), () -> "room is kept, seed " + seed);
                } else {
                    next++;
                    unanswered++;
                    publication.get().onComplete(answer -> answered(number, answer.result(), end));
                }
                loop.in(random.nextLong(random.nextBoolean() ? 1_000_000 : 40_000_000), this::send);
            }

            private void answered(int number, Publication publication, long end) {
                unanswered--;
                assertTrue(loop.nanoTime() <= end, () -> "an answer too late, seed " + seed);
                List<StreamLine> body = bodies.get(number);
                for (int i = 0; i < body.size(); i++) {
                    assertTrue(
                            publication.retry().get(i) || stream.holds(text(body.get(i))),
                            () -> "acknowledged and not there, seed " + seed);
                }
                if (closed) {
                    return;
                }
                if (!publication.retry().isEmpty()) {
                    brokenChains++;
                    close();
                    return;
                }
                acknowledged.set(number);
                if (acknowledged.cardinality() == bodies.size()) {
                    closed = true;
                    devicesAtWork--;
                }
            }

            private void close() {
                if (closed) {
                    return;
                }
                closed = true;
                if (returns) {
                    // also while what it sent is still on its way
                    loop.in(
                            random.nextLong(50_000_000),
                            () -> new Connection(bodies, acknowledged.nextClearBit(0), true).open());
                } else {
                    devicesAtWork--;
                }
            }
        }

        private void assertBounded() {
            assertTrue(publisher.bufferedBytes() <= buffer, () -> "over the bound, seed " + seed);
            assertTrue(publisher.leavingLanes() <= 30, () -> "lanes pile up, seed " + seed);
        }

        private static String text(StreamLine line) {
            return new String(line.data(), StandardCharsets.UTF_8);
        }
    }
}
