package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication.Reason;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the publisher promises, a promise a test, over one fake of PutRecords: hence its length. */
class PublisherVerticleTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final Vertx vertx = Vertx.vertx();
    private final Health health = new Health("test");
    private final Health.Component availability = health.component("kinesis");

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void acknowledgesOnlyAfterTheStreamAcceptedTheReading() throws Exception {
        FakeStream stream = new FakeStream(1);
        Publisher publisher = publisher(stream, LONG, 48 << 20);

        Future<Publication> publication = publisher.publish(List.of(reading("a", 1)));
        FakeStream.Call call = stream.nextCall();
        assertFalse(publication.isComplete());
        call.answer(new PutResult.Throttled());
        FakeStream.Call second = stream.nextCall();
        assertFalse(publication.isComplete());
        second.answer(new PutResult.Unknown("InternalFailure"));
        FakeStream.Call third = stream.nextCall();
        assertFalse(publication.isComplete());
        third.accept(stream);

        assertEquals(new Publication(1, new BitSet(), Reason.NONE), publication.await());
        assertEquals(1, stream.lines().size());
    }

    @Test
    void hasOneRecordOfALaneInFlightAndCollectsMeanwhile() throws Exception {
        FakeStream stream = new FakeStream(1);
        Publisher publisher = publisher(stream, LONG, 48 << 20);

        publisher.publish(List.of(reading("a", 0)));
        FakeStream.Call first = stream.nextCall();
        List<Future<Publication>> later = IntStream.range(1, 100)
                .mapToObj(i -> publisher.publish(List.of(reading("a", i))))
                .toList();
        assertEquals(0, stream.waitingCalls());
        first.accept(stream);
        FakeStream.Call second = stream.nextCall();

        assertEquals(99, FakeStream.lines(second.entries().getFirst()).size());
        second.accept(stream);
        Future.all(later).await();
        assertEquals(100, stream.lines().size());
    }

    @Test
    void aShardThatAnswersAtOnceGetsFewRecordsAllTheSame() throws Exception {
        FakeStream stream = new FakeStream(1);
        AtomicInteger records = new AtomicInteger();
        stream.answerBy(entry -> {
            records.incrementAndGet();
            return stream.store(entry);
        });
        Publisher publisher = publisher(stream, LONG, 48 << 20);

        long start = System.nanoTime();
        for (int i = 0; i < 50; i++) {
            assertEquals(1, publisher.publish(List.of(reading("a", i))).await().accepted());
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);

        assertEquals(50, records.get());
        // a record a beat; the first may come shortly before one
        assertTrue(millis >= 48 * 5, () -> "50 records in " + millis + " ms: more than a shard takes of one gateway");
    }

    @Test
    void lanesShareACallThatHoldsOneRecordOfEach() throws Exception {
        FakeStream stream = new FakeStream(8);
        Publisher publisher = publisher(stream, LONG, 48 << 20);
        List<StreamLine> readings =
                IntStream.range(0, 400).mapToObj(i -> reading("s" + i, i)).toList();

        Future<Publication> publication = publisher.publish(readings);
        FakeStream.Call call = stream.nextCall();

        assertEquals(8, call.entries().stream().map(stream::shardOf).distinct().count());
        assertEquals(8, call.entries().size());
        call.accept(stream);
        assertEquals(400, publication.await().accepted());
    }

    @Test
    void whatTheStreamRefusesDoesNotHoldUpOtherLanes() throws Exception {
        FakeStream stream = new FakeStream(2);
        Publisher publisher = publisher(stream, LONG, 48 << 20);
        String one = keyOf(stream, 0);
        String other = keyOf(stream, 1);

        Future<Publication> slow = publisher.publish(List.of(reading(one, 1)));
        stream.nextCall();
        Future<Publication> quick = publisher.publish(List.of(reading(other, 1)));
        stream.nextCall().accept(stream);

        assertEquals(1, quick.await().accepted());
        assertFalse(slow.isComplete());
    }

    @Test
    void givesUpAtTheDeadlineAndSaysWhichReadingsToSendAgain() {
        FakeStream stream = new FakeStream(2);
        VirtualLoop loop = new VirtualLoop(new Random(1));
        Publisher publisher = publisher(loop, stream, Duration.ofMillis(300));
        String good = keyOf(stream, 0);
        String bad = keyOf(stream, 1);
        stream.answerBy(
                entry -> stream.shardOf(entry).equals("shard-0") ? stream.store(entry) : new PutResult.Throttled());

        Future<Publication> publication =
                publisher.publish(List.of(reading(bad, 1), reading(good, 1), reading(bad, 2)));
        assertTrue(loop.runUntil(10, publication::isComplete, () -> {}));

        assertEquals(1, publication.result().accepted());
        assertEquals(BitSet.valueOf(new long[] {0b101}), publication.result().retry());
        assertEquals(Reason.OVERLOADED, publication.result().reason());
    }

    @Test
    void answersAtTheDeadlineAlsoWhileACallHangs() throws Exception {
        FakeStream stream = new FakeStream(1);
        VirtualLoop loop = new VirtualLoop(new Random(1));
        Publisher publisher = publisher(loop, stream, Duration.ofMillis(300));

        Future<Publication> publication = publisher.publish(List.of(reading("a", 1)));
        assertTrue(loop.runUntil(10, publication::isComplete, () -> {}));

        assertEquals(Reason.STREAM_UNAVAILABLE, publication.result().reason());
        assertEquals(1, publication.result().retry().cardinality());
        // and the lane lives on when the call ends after all
        stream.nextCall().accept(stream);
        stream.acceptAll();
        Future<Publication> next = publisher.publish(List.of(reading("a", 2)));
        assertTrue(loop.runUntil(20, next::isComplete, () -> {}));
        assertEquals(1, next.result().accepted());
    }

    @Test
    void refusesAtOnceWhatHasNoRoomAndKeepsTheOthersRoomFree() throws Exception {
        FakeStream stream = new FakeStream(2);
        Publisher publisher = publisher(stream, LONG, 8 * 10_000);
        String hot = keyOf(stream, 0);
        String cool = keyOf(stream, 1);

        List<StreamLine> filling =
                IntStream.range(0, 40).mapToObj(i -> reading(hot, i)).toList();
        publisher.publish(filling);
        stream.nextCall();
        Publication refused = publisher.publish(filling).await();
        assertEquals(Reason.OVERLOADED, refused.reason());
        assertEquals(40, refused.retry().cardinality());

        Future<Publication> accepted = publisher.publish(List.of(reading(cool, 1)));
        stream.nextCall().accept(stream);
        assertEquals(1, accepted.await().accepted());
    }

    @Test
    void givesRoomBackWhenReadingsAreSettled() {
        FakeStream stream = new FakeStream(1);
        stream.acceptAll();
        Publisher publisher = publisher(stream, LONG, 8 * 10_000);
        List<StreamLine> readings =
                IntStream.range(0, 30).mapToObj(i -> reading("a", i)).toList();

        for (int i = 0; i < 50; i++) {
            assertEquals(30, publisher.publish(readings).await().accepted());
        }
    }

    @Test
    void doesNotAcknowledgeARecordInAShardThatTheMapDoesNotHave() throws Exception {
        FakeStream stream = new FakeStream(1);
        Publisher publisher = publisher(stream, Duration.ofMillis(300), 48 << 20);

        Future<Publication> publication = publisher.publish(List.of(reading("a", 1)));
        stream.nextCall().answer(new PutResult.Accepted("shard-7"));

        assertEquals(Reason.STREAM_UNAVAILABLE, publication.await().reason());
    }

    @Test
    void acknowledgesARecordInAForeignShardOnceAMapTellsThatAllItsKeysLieThere() throws Exception {
        FakeStream stream = new FakeStream(2);
        Publisher publisher = publisher(stream, LONG, 48 << 20);

        Future<Publication> publication = publisher.publish(List.of(reading(keyOf(stream, 1), 1)));
        FakeStream.Call call = stream.nextCall();
        // merged while the call is in the air
        stream.reshard(new ShardMap(List.of(new Shard("merged", new HashKeyRange(HashKey.MIN, HashKey.MAX)))));
        assertFalse(publication.isComplete());
        call.accept(stream);

        assertEquals(1, publication.await().accepted());
        assertEquals(0, stream.waitingCalls());
    }

    @Test
    void sendsAnAggregateAgainThatStraddlesAReshardEachReadingToItsSuccessor() throws Exception {
        FakeStream stream = new FakeStream(1);
        Publisher publisher = publisher(stream, LONG, 48 << 20);
        ShardMap halves = new ShardMap(List.of(
                new Shard("lower", FakeStream.evenly(2).shards().get(0).range()),
                new Shard("upper", FakeStream.evenly(2).shards().get(1).range())));
        FakeStream split = new FakeStream(2);
        String low = keyOf(split, 0);
        String high = keyOf(split, 1);

        Future<Publication> publication =
                publisher.publish(List.of(reading(low, 1), reading(high, 1), reading(low, 2), reading(high, 2)));
        FakeStream.Call call = stream.nextCall();
        stream.reshard(halves);
        call.accept(stream);
        FakeStream.Call again = stream.nextCall();

        assertFalse(publication.isComplete());
        assertEquals(2, again.entries().size());
        for (ShardedStream.Entry entry : again.entries()) {
            String sensor = stream.shardOf(entry).equals("lower") ? low : high;
            assertEquals(List.of(line(reading(sensor, 1)), line(reading(sensor, 2))), FakeStream.lines(entry));
        }
        again.accept(stream);
        assertEquals(4, publication.await().accepted());
    }

    @Test
    void admitsIntoAnEmptyLaneWhatIsLargerThanItsShare() {
        FakeStream stream = new FakeStream(1);
        stream.acceptAll();
        Publisher publisher = publisher(stream, LONG, 8 * 10_000);
        List<StreamLine> large =
                IntStream.range(0, 100).mapToObj(i -> reading("a", i)).toList();

        assertEquals(100, publisher.publish(large).await().accepted());
    }

    @Test
    void theAvailabilityOfTheStreamIsThatOfItsCallsNotOfOneShard() throws Exception {
        FakeStream stream = new FakeStream(2);
        Publisher publisher = publisher(stream, LONG, 48 << 20);
        List<StreamLine> both = List.of(reading(keyOf(stream, 0), 1), reading(keyOf(stream, 1), 1));

        publisher.publish(both);
        stream.nextCall().answer(new PutResult.Unknown("InternalFailure"), new PutResult.Accepted("shard-1"));
        stream.nextCall();

        assertTrue(availability.isUp());
        publisher.publish(List.of(reading(keyOf(stream, 1), 2)));
        stream.nextCall().answer(new PutResult.Unknown("TimeoutException"));
        stream.nextCall();
        assertTrue(health.toJson().encode().contains("away: TimeoutException"));
    }

    /**
     * G1 and G2 against a stream that throttles, fails, hides what it accepted, accepts what nobody waits for any more, and lets
     * deadlines pass; what is to be sent again is sent again. In the end all is there, and the first occurrences of each
     * sensor's readings are in the order in which they were first sent.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void keepsEachSensorsOrderWhateverTheStreamDoes(long seed) throws Exception {
        Random ofStream = new Random(seed);
        FakeStream stream = new FakeStream(3);
        Publisher publisher = publisher(stream, Duration.ofMillis(150), 48 << 20);
        Thread answering = Thread.ofVirtual().start(() -> answerAtRandom(stream, ofStream));

        List<Future<?>> senders = new ArrayList<>();
        Map<String, List<String>> sent = new HashMap<>();
        for (int sensor = 0; sensor < 7; sensor++) {
            String id = "s" + sensor;
            List<List<StreamLine>> bodies = new ArrayList<>();
            for (int body = 0; body < 25; body++) {
                List<StreamLine> readings = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    readings.add(reading(id, body * 10 + i));
                    sent.computeIfAbsent(id, _ -> new ArrayList<>()).add(line(readings.getLast()));
                }
                bodies.add(readings);
            }
            senders.add(sendInOrder(publisher, bodies, 0));
        }
        Future.all(senders).await();
        answering.interrupt();
        answering.join();

        Map<String, List<String>> arrived = new HashMap<>();
        for (String line : new LinkedHashSet<>(stream.lines())) {
            String sensor = line.substring(13, line.indexOf('"', 13));
            arrived.computeIfAbsent(sensor, _ -> new ArrayList<>()).add(line);
        }
        assertEquals(sent, arrived);
    }

    /** Sends a sensor's bodies one after the other, and each until all of it is accepted. */
    private static Future<?> sendInOrder(Publisher publisher, List<List<StreamLine>> bodies, int next) {
        if (next == bodies.size()) {
            return Future.succeededFuture();
        }
        return sendUntilAccepted(publisher, bodies.get(next))
                .compose(_ -> sendInOrder(publisher, bodies, next + 1).mapEmpty());
    }

    private static Future<?> sendUntilAccepted(Publisher publisher, List<StreamLine> readings) {
        return publisher.publish(readings).compose(publication -> {
            List<StreamLine> again =
                    publication.retry().stream().mapToObj(readings::get).toList();
            return again.isEmpty()
                    ? Future.succeededFuture()
                    : sendUntilAccepted(publisher, again).mapEmpty();
        });
    }

    private static void answerAtRandom(FakeStream stream, Random random) {
        try {
            while (!Thread.interrupted()) {
                FakeStream.Call call = stream.nextCall();
                List<PutResult> results = new ArrayList<>();
                for (ShardedStream.Entry entry : call.entries()) {
                    results.add(
                            switch (random.nextInt(6)) {
                                case 0 -> new PutResult.Throttled();
                                case 1 -> new PutResult.Unknown("lost before");
                                case 2 -> {
                                    stream.store(entry);
                                    yield new PutResult.Unknown("lost behind");
                                }
                                default -> stream.store(entry);
                            });
                }
                if (random.nextInt(20) == 0) {
                    // longer than a deadline: the senders were told to send again what is stored by now
                    TimeUnit.MILLISECONDS.sleep(300);
                }
                call.promise().complete(results);
            }
        } catch (InterruptedException e) {
            // the test is over
        }
    }

    /** A publisher in virtual time, for what a slow machine must not bring past a deadline. */
    private static Publisher publisher(VirtualLoop loop, FakeStream stream, Duration timeout) {
        return new Publisher(
                loop,
                stream,
                stream.shardMap().result(),
                config(timeout, 48 << 20),
                FakeStream.availability(),
                new GatewayMetrics(new SimpleMeterRegistry()),
                new Random(1));
    }

    private static PublisherConfig config(Duration timeout, long buffer) {
        return new PublisherConfig(
                buffer, timeout, Duration.ofSeconds(1), new Retry(Duration.ofMillis(1), Duration.ofMillis(5)));
    }

    private Publisher publisher(FakeStream stream, Duration timeout, long buffer) {
        return new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                config(timeout, buffer),
                new Availability("Kinesis", Availability.Kind.NEEDED_AT_START, availability, InstantSource.system()),
                new GatewayMetrics(new SimpleMeterRegistry()),
                new Random(1),
                System::nanoTime);
    }

    private static String keyOf(FakeStream stream, int shard) {
        ShardMap map = stream.shardMap().result();
        return IntStream.range(0, 1_000)
                .mapToObj(i -> "key-" + i)
                .filter(key -> map.indexOf(HashKey.ofPartitionKey(key)) == shard)
                .findFirst()
                .orElseThrow();
    }

    private static StreamLine reading(String sensor, long timestamp) {
        return StreamLine.of(new Reading(sensor, timestamp, List.of(new Measurement.Numeric("t", 1))));
    }

    private static String line(StreamLine line) {
        return new String(line.data(), StandardCharsets.UTF_8).strip();
    }
}
