package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.HashKey;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication.Reason;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who gets room of those who are not answered at once and who wait for it, in virtual time, over ten shards (G4). */
class TryPublishRoomTest {

    private static final int SHARDS = 10;
    private static final long SHARE = 40_000;
    private static final long BUFFER = PublisherConfig.LANE_SHARE * SHARE;
    private static final Duration LONG = Duration.ofHours(1);

    private final FakeStream stream = new FakeStream(SHARDS);
    private final VirtualLoop loop = new VirtualLoop(new Random(1));
    private final Publisher publisher = new Publisher(
            loop,
            stream,
            stream.shardMap().result(),
            new PublisherConfig(
                    BUFFER, LONG, Duration.ofSeconds(1), new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
            FakeStream.availability(),
            new GatewayMetrics(new SimpleMeterRegistry()),
            new Random(1));

    private int time;
    private int tried;

    @Test
    void aLaneThatIsThrottledTakesNoneOfTheRoomOfTheOthersHoweverManySendToIt() {
        int rounds = 5_000;
        stream.answerBy(
                entry -> stream.shardOf(entry).equals("shard-0") ? new PutResult.Throttled() : stream.store(entry));
        List<Future<Publication>> hot = new ArrayList<>();
        List<Future<Publication>> others = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            int shard = 1 + i % (SHARDS - 1);
            loop.in(i * 1_000_000L, () -> {
                tried++;
                publisher.tryPublish(readings(0, 1), LONG, new Chain()).ifPresent(hot::add);
                publisher.tryPublish(readings(shard, 1), LONG, new Chain()).ifPresent(others::add);
            });
        }

        runUntil(() -> tried == rounds);

        assertEquals(rounds, others.size(), "others were refused");
        runUntil(() -> others.stream().allMatch(Future::isComplete));
        assertTrue(others.stream().allMatch(publication -> publication.result().accepted() == 1));
        assertFalse(hot.isEmpty());
        assertTrue(hot.stream().noneMatch(Future::isComplete));
        assertTrue(
                hot.size() <= SHARE / Submission.OVERHEAD,
                () -> hot.size() + " submissions wait for one lane, which are more bytes than its share");
        assertTrue(publisher.bufferedBytes() <= SHARE);
        stream.acceptAll();
        runUntil(() -> hot.stream().allMatch(Future::isComplete));
        assertEquals(0, publisher.bufferedBytes());
    }

    @Test
    void theReadingsOfASubmissionAreCountedWithItTogetherAndThoseOfARequestAreNot() {
        List<StreamLine> body = readings(3, 7);
        long lines = body.stream().mapToLong(StreamLine::bytes).sum() + 7L * Pending.OVERHEAD;

        publisher.publish(body);
        assertEquals(lines, publisher.bufferedBytes());
        send(body, new Chain());

        long counted = publisher.bufferedBytes() - 2 * lines;
        assertTrue(counted >= Submission.OVERHEAD && counted < Submission.OVERHEAD + 7, () -> counted + " B");
        stream.acceptAll();
        runUntil(() -> publisher.bufferedBytes() == 0);
    }

    @Test
    void whatIsGivenUpInTheQueueAndInFlightGivesAllOfItsRoomBack() throws InterruptedException {
        Future<Publication> first = publisher
                .tryPublish(readings(0, 3), Duration.ofMillis(250), new Chain())
                .orElseThrow();
        runUntil(() -> stream.waitingCalls() > 0);
        Future<Publication> second = publisher
                .tryPublish(readings(0, 3), Duration.ofMillis(250), Chain.expendable())
                .orElseThrow();
        runUntil(() -> first.isComplete() && second.isComplete());
        stream.nextCall().answer(new PutResult.Throttled());
        runUntil(() -> publisher.bufferedBytes() == 0);

        assertEquals(3, first.result().retry().cardinality());
        assertEquals(3, second.result().retry().cardinality());
        assertEquals(Reason.STREAM_UNAVAILABLE, second.result().reason());
        assertEquals(0, publisher.routing().lanes().getFirst().share().taken());
    }

    @Test
    void whatIsExpendableGetsNoneOfTheLastHalfOfItsLaneWhichOthersStillGet() {
        int expendable = fill(0, true);
        assertTrue(expendable > 10);
        assertTrue(publisher.bufferedBytes() <= SHARE / 2);
        assertTrue(isAdmitted(1, Chain.expendable()), "another lane");

        int ordinary = fill(0, false);

        assertTrue(ordinary >= expendable, () -> ordinary + " after " + expendable);
        assertFalse(isAdmitted(0, Chain.expendable()));
    }

    @Test
    void whatIsExpendableGetsNoneOfTheLastHalfOfAllWhichOthersStillGet() {
        for (int shard = 0; shard < 3; shard++) {
            fill(shard, false);
        }
        int expendable = 0;
        for (int shard = 3; shard < SHARDS; shard++) {
            expendable += fill(shard, true);
        }
        assertTrue(expendable > 10);
        assertTrue(publisher.bufferedBytes() <= BUFFER / 2);
        assertTrue(publisher.bufferedBytes() > BUFFER / 2 - 1_000);
        assertEquals(0, publisher.routing().lanes().getLast().share().taken());
        assertFalse(isAdmitted(SHARDS - 1, Chain.expendable()), "an empty lane");

        for (int shard = 5; shard < SHARDS; shard++) {
            assertTrue(isAdmitted(shard, new Chain()));
        }
    }

    @Test
    void whatIsExpendableAndLargerThanHalfAShareIsNotAdmittedThoughTheLaneIsEmpty() {
        List<StreamLine> body = readings(0, 150);
        long bytes = body.stream().mapToLong(StreamLine::bytes).sum();
        assertTrue(bytes > SHARE / 2 && bytes < BUFFER / 2);

        assertFalse(publisher.tryPublish(body, LONG, Chain.expendable()).isPresent());
        assertEquals(0, publisher.bufferedBytes());

        send(body, new Chain());
    }

    /** Whoever waits for room may ask often: that costs no MD5 for each reading, and nothing that is to be collected. */
    @Test
    void whereThereIsNoRoomInAllNothingIsMadeOfTheReadings() {
        for (int shard = 0; shard < SHARDS; shard++) {
            fill(shard, false);
        }
        List<StreamLine> body = readings(SHARDS - 1, 10);
        int callers = loop.callers();

        assertTrue(publisher.tryPublish(body, LONG, new Chain()).isEmpty());

        assertEquals(callers, loop.callers());
    }

    @Test
    void aBodyWhoseSensorsTakeTurnsIsRoutedLikeEachOfItsReadings() {
        List<StreamLine> body = new ArrayList<>();
        IntStream.range(0, SHARDS).forEach(shard -> body.addAll(readings(shard, 1 + shard % 3)));
        Collections.shuffle(body, new Random(3));

        List<Parcel> parcels = publisher.routing().parcels(new Submission(Runnable::run, body.size(), 0), body);

        assertEquals(SHARDS, parcels.size());
        assertEquals(
                body.size(),
                parcels.stream().mapToInt(parcel -> parcel.readings().size()).sum());
        for (Parcel parcel : parcels) {
            for (Pending pending : parcel.readings()) {
                assertEquals(body.get(pending.position()), pending.line());
                assertEquals(publisher.routing().laneOf(pending.line()), parcel.lane());
            }
        }
    }

    /** Sends one reading after the other to a shard until one is refused; how many were not. */
    private int fill(int shard, boolean expendable) {
        int admitted = 0;
        while (isAdmitted(shard, expendable ? Chain.expendable() : new Chain())) {
            admitted++;
        }
        return admitted;
    }

    private boolean isAdmitted(int shard, Chain chain) {
        return publisher.tryPublish(readings(shard, 1), LONG, chain).isPresent();
    }

    private void send(List<StreamLine> body, Chain chain) {
        assertTrue(publisher.tryPublish(body, LONG, chain).isPresent());
    }

    private void runUntil(BooleanSupplier condition) {
        assertTrue(loop.runUntil(60, condition, () -> {}));
    }

    private List<StreamLine> readings(int shard, int count) {
        String sensor = sensor(shard);
        return IntStream.range(0, count)
                .mapToObj(_ -> StreamLine.of(new Reading(sensor, time++, List.of(new Measurement.Numeric("t", 1)))))
                .toList();
    }

    private static String sensor(int shard) {
        ShardMap map = FakeStream.evenly(SHARDS);
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "s" + i)
                .filter(sensor -> map.indexOf(HashKey.ofPartitionKey(sensor)) == shard)
                .findFirst()
                .orElseThrow();
    }
}
