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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chains and their all or nothing, in virtual time, over two shards that answer when they are told to. */
class ChainTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(250);

    private final FakeStream stream = new FakeStream(2);
    private final VirtualLoop loop = new VirtualLoop(new Random(1));
    private final Publisher publisher = new Publisher(
            loop,
            stream,
            stream.shardMap().result(),
            new PublisherConfig(
                    64_000, LONG, Duration.ofSeconds(1), new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
            FakeStream.availability(),
            new GatewayMetrics(new SimpleMeterRegistry()),
            new Random(1));

    private final String left = sensor(0);
    private final String right = sensor(1);

    @Test
    void whatIsGivenUpTakesAllOfItsChainWithItInEveryLane() {
        Chain chain = new Chain();
        publisher.publish(List.of(line(left, 1), line(right, 1)));
        awaitCall();
        long inFlight = publisher.bufferedBytes();
        Future<Publication> other = send(right, 2, LONG, new Chain());
        long without = publisher.bufferedBytes();
        Future<Publication> first = send(left, 3, SHORT, chain);
        Future<Publication> second = send(right, 4, LONG, chain);

        runUntil(first::isComplete);
        // by the same look at the deadlines, and a hop to the caller
        long end = loop.nanoTime() + 1;
        runUntil(() -> second.isComplete() || loop.nanoTime() > end);

        assertEquals(1, second.result().retry().cardinality());
        assertEquals(Reason.STREAM_UNAVAILABLE, second.result().reason());
        assertFalse(other.isComplete(), "another chain's");
        assertEquals(without, publisher.bufferedBytes());

        Future<Publication> later = send(right, 5, LONG, chain);
        Future<Publication> another = send(right, 6, LONG, new Chain());
        runUntil(later::isComplete);
        assertEquals(1, later.result().retry().cardinality());
        assertFalse(another.isComplete(), "another chain's");
        assertTrue(publisher.bufferedBytes() > inFlight);
    }

    /** Its record was on its way when it was given up: it may count, but what is behind it must not follow. */
    @Test
    void aReadingOfABrokenChainInFlightMayStillBeAcceptedAndNothingFollowsIt() {
        Chain chain = new Chain();
        Future<Publication> first = send(left, 1, SHORT, chain);
        awaitCall();
        Future<Publication> second = send(left, 2, LONG, chain);
        Future<Publication> other = send(left, 3, LONG, new Chain());
        runUntil(() -> first.isComplete() && second.isComplete());

        call().accept(stream);
        awaitCall();
        call().accept(stream);
        runUntil(other::isComplete);

        assertEquals(1, first.result().retry().cardinality());
        assertEquals(1, second.result().retry().cardinality());
        assertEquals(1, other.result().accepted());
        assertEquals(List.of(text(left, 1), text(left, 3)), stream.lines());
        assertEquals(0, publisher.bufferedBytes());
    }

    /** The second lane is looked at after the first has given its room. */
    @Test
    void aBodyThatFindsRoomInOneLaneAloneIsNotAdmitted() {
        int readings = 0;
        while (publisher
                .tryPublish(List.of(line(right, readings)), LONG, new Chain())
                .isPresent()) {
            readings++;
        }
        awaitCall();
        long before = publisher.bufferedBytes();
        // more for the full lane than one that has just been refused
        List<StreamLine> body =
                List.of(line(left, 100), line(right, 100), line(right, 101), line(right, 102), line(right, 103));

        assertEquals(Optional.empty(), publisher.tryPublish(body, LONG, new Chain()));

        assertEquals(before, publisher.bufferedBytes());
        assertEquals(0, publisher.routing().laneOf(body.getFirst()).share().taken());
        stream.acceptAll();
        call().accept(stream);
        runUntil(() -> publisher.bufferedBytes() == 0);
        Future<Publication> publication =
                publisher.tryPublish(body, LONG, new Chain()).orElseThrow();
        runUntil(publication::isComplete);
        assertEquals(readings + body.size(), stream.lines().size());
    }

    @Test
    void aSubmissionOfNothingIsAcceptedAtOnce() {
        assertEquals(
                Optional.of(0),
                publisher
                        .tryPublish(List.of(), LONG, new Chain())
                        .map(publication -> publication.result().accepted()));
    }

    /** The chain breaks in one lane just before another takes its next record, which would be of that chain alone. */
    @Test
    void aLaneThatHasOnlyReadingsOfBrokenChainsSendsNothingAndGoesOnLater() {
        Chain chain = new Chain();
        Future<Publication> first = send(left, 1, SHORT, chain);
        awaitCall();
        FakeStream.Call ofLeft = call();
        send(right, 1, LONG, new Chain());
        awaitCall();
        FakeStream.Call ofRight = call();
        Future<Publication> second = send(right, 2, LONG, chain);
        // between two looks at the deadlines
        loop.in(SHORT.toNanos() - loop.nanoTime() + 5_000_000, () -> ofLeft.answer(new PutResult.Throttled()));
        loop.in(SHORT.toNanos() - loop.nanoTime() + 10_000_000, () -> ofRight.accept(stream));

        runUntil(() -> first.isComplete() && second.isComplete());

        assertTrue(loop.nanoTime() < Duration.ofMillis(300).toNanos(), "waited for the deadlines to be looked at");
        assertEquals(0, publisher.bufferedBytes());
        assertEquals(0, stream.waitingCalls());
        Future<Publication> third = send(right, 3, LONG, new Chain());
        awaitCall();
        call().accept(stream);
        runUntil(third::isComplete);
        assertEquals(List.of(text(right, 1), text(right, 3)), stream.lines());
    }

    private FakeStream.Call call() {
        try {
            return stream.nextCall();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitCall() {
        runUntil(() -> stream.waitingCalls() > 0);
    }

    private void runUntil(BooleanSupplier condition) {
        assertTrue(loop.runUntil(60, condition, () -> {}));
    }

    private Future<Publication> send(String sensor, int time, Duration timeout, Chain chain) {
        return publisher.tryPublish(List.of(line(sensor, time)), timeout, chain).orElseThrow();
    }

    private static StreamLine line(String sensor, int time) {
        return StreamLine.of(new Reading(sensor, time, List.of(new Measurement.Numeric("t", time))));
    }

    private static String text(String sensor, int time) {
        return new String(line(sensor, time).data(), StandardCharsets.UTF_8).strip();
    }

    private static String sensor(int shard) {
        ShardMap map = FakeStream.evenly(2);
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "s" + i)
                .filter(sensor -> map.indexOf(HashKey.ofPartitionKey(sensor)) == shard)
                .findFirst()
                .orElseThrow();
    }
}
