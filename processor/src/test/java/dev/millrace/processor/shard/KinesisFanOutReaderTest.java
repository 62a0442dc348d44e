package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.store.Position;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

class KinesisFanOutReaderTest {

    private static final ReadFrom.Resume RESUME = new ReadFrom.Resume(new Position("41", 0));

    private final Vertx vertx = Vertx.vertx();
    private final FakeKinesis kinesis = new FakeKinesis();
    private final ReadBudget budget = new ReadBudget(3 * ReadSize.MAX_ANSWER_BYTES);
    private final AtomicLong nanos = new AtomicLong();
    private final KinesisReaders polling =
            new KinesisReaders(kinesis, vertx, "stream", budget, () -> Instant.EPOCH, nanos::get);
    private final ShardReader reader = polling.withFanOut(kinesis, "consumer", new Random(1))
            .reader(KinesisCalls.micros(FakeKinesis.CREATED), "shardId-0");

    @AfterEach
    void close() {
        reader.close();
        vertx.close().await();
    }

    private static Record record(String number) {
        return Record.builder()
                .sequenceNumber(number)
                .partitionKey("key")
                .approximateArrivalTimestamp(Instant.ofEpochMilli(1))
                .data(SdkBytes.fromUtf8String("data"))
                .build();
    }

    private void polls(String... numbers) {
        kinesis.answer(GetRecordsResponse.builder()
                .records(List.of(numbers).stream()
                        .map(KinesisFanOutReaderTest::record)
                        .toList())
                .nextShardIterator("next")
                .millisBehindLatest(0L)
                .build());
    }

    private static SubscribeToShardEvent event(String continuation, String... numbers) {
        return SubscribeToShardEvent.builder()
                .records(List.of(numbers).stream()
                        .map(KinesisFanOutReaderTest::record)
                        .toList())
                .continuationSequenceNumber(continuation)
                .millisBehindLatest(0L)
                .build();
    }

    private List<String> read() {
        return assertInstanceOf(ShardRead.Records.class, reader.read()).records().stream()
                .map(ShardRecord::sequenceNumber)
                .toList();
    }

    private FakeSubscription subscription() {
        return kinesis.subscriptions.getLast();
    }

    /** Reads the position's own record by a poll, after which a subscription is under way. */
    private void begin() {
        // so that the check of the stream before the subscription is due at once
        kinesis.onGetRecords(() -> nanos.addAndGet(KinesisStreamCheck.INTERVAL.toNanos()));
        polls("41");
        reader.seek(RESUME);
        assertEquals(List.of("41"), read());
        assertEquals(1, kinesis.subscriptions.size());
    }

    @Test
    void pollsUntilItsSubscriptionStandsAndGivesNothingTwice() {
        begin();
        assertEquals("41", subscription().request().startingPosition().sequenceNumber());
        assertEquals(
                ShardIteratorType.AFTER_SEQUENCE_NUMBER,
                subscription().request().startingPosition().type());
        polls("42", "43");
        assertEquals(List.of("42", "43"), read());
        assertFalse(reader.waitsForRecords());

        subscription().send(event("44", "42", "43", "44"));

        assertEquals(List.of("44"), read());
        assertTrue(reader.waitsForRecords());
        assertEquals(1, kinesis.subscriptions.size());
    }

    @Test
    void whatWasPolledAheadAndNotReadComesByTheSubscription() {
        begin();
        polls("42");
        reader.readAhead(0);
        subscription().send(event("43", "42", "43"));

        assertEquals(List.of("42", "43"), read());
    }

    @Test
    void asksForOneEventAtATime() {
        begin();
        subscription().send(event("42", "42"));
        subscription().send(event("43", "43"));
        assertEquals(1, subscription().sent());

        assertEquals(List.of("42"), read());
        assertEquals(1, subscription().sent());
        reader.readAhead(0);
        assertEquals(2, subscription().sent());
        assertEquals(List.of("43"), read());
    }

    @Test
    void whereNothingIsPushedNothingIsClaimed() {
        begin();
        subscription().send(event("42", "42"));
        read();

        ShardRead.Records nothing = assertInstanceOf(ShardRead.Records.class, reader.read());

        assertEquals(List.of(), nothing.records());
        assertEquals(0, nothing.answeredAt());
    }

    @Test
    void anEventThatCameLongAfterItWasAskedForTellsTheTime() {
        begin();
        subscription().send(event("42", "42"));
        read();
        reader.readAhead(0);
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        subscription().send(event("42"));
        assertEquals(0, assertInstanceOf(ShardRead.Records.class, reader.read()).answeredAt());
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        reader.readAhead(0);
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        subscription().send(event("42"));

        // not when it came, but when it was asked for
        assertEquals(
                5_000_000,
                assertInstanceOf(ShardRead.Records.class, reader.read()).answeredAt());
    }

    @Test
    void goesOnBehindTheContinuationWhenASubscriptionHasHadItsTime() {
        begin();
        subscription().send(event("42", "42"));
        read();
        subscription().send(event("50"));
        read();
        subscription().end(null);
        polls("51");

        assertEquals(List.of("51"), read());
        assertEquals("50", kinesis.iterators.getLast().startingSequenceNumber());
        assertEquals(
                ShardIteratorType.AFTER_SEQUENCE_NUMBER,
                kinesis.iterators.getLast().shardIteratorType());
        assertEquals(2, kinesis.subscriptions.size());
        assertEquals("51", subscription().request().startingPosition().sequenceNumber());
        subscription().send(event("52", "51", "52"));
        assertEquals(List.of("52"), read());
    }

    @Test
    void aContinuationThatIsOldIsNoProofThatNothingWasTrimmed() {
        begin();
        subscription().send(event("42", "42"));
        read();
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        subscription().end(new IllegalStateException("cut"));
        polls("60");

        assertEquals(new ShardRead.PlaceLost(), reader.read());
        assertEquals("42", kinesis.iterators.getLast().startingSequenceNumber());
    }

    @Test
    void keepsPollingWhereAnotherOwnerIsSubscribedAndTriesAgainAfterAWhile() {
        begin();
        kinesis.onGetRecords(() -> {});
        subscription().end(ResourceInUseException.builder().message("in use").build());
        polls("42");
        polls("43");
        assertEquals(List.of("42"), read());
        assertEquals(List.of("43"), read());
        assertEquals(1, kinesis.subscriptions.size());
        // the iterator is the one that it had
        assertEquals(1, kinesis.iterators.size());

        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        polls();
        read();
        assertEquals(2, kinesis.subscriptions.size());
    }

    @Test
    void aSubscriptionThatIsSilentIsGivenUp() {
        begin();
        subscription().send(event("42", "42"));
        read();
        nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        polls("43");

        assertEquals(List.of("43"), read());
        assertTrue(kinesis.subscriptions.getFirst().cancelled());
    }

    @Test
    void theEventWithChildrenAndWithoutAContinuationIsTheShardsEnd() {
        begin();
        subscription()
                .send(event("42", "42").toBuilder()
                        .continuationSequenceNumber(null)
                        .childShards(ChildShard.builder().shardId("child").build())
                        .build());

        ShardRead.Records last = assertInstanceOf(ShardRead.Records.class, reader.read());

        assertEquals(1, last.records().size());
        assertTrue(last.atEnd());
    }

    @Test
    void anEventWithNeitherIsNoEnd() {
        begin();
        subscription()
                .send(event("42", "42").toBuilder()
                        .continuationSequenceNumber(null)
                        .build());
        polls("42");

        assertEquals(List.of("42"), read());
    }

    @Test
    void aSeekThrowsAwayWhatWasPushed() {
        begin();
        subscription().send(event("42", "42"));
        FakeSubscription old = subscription();
        polls("10");
        reader.seek(new ReadFrom.Resume(new Position("10", 0)));
        old.send(event("43", "43"));

        assertTrue(old.cancelled());
        assertEquals(List.of("10"), read());
        reader.close();
        assertEquals(0, budget.held());
    }

    @Test
    void doesNotSubscribeToAStreamThatWasMadeAgain() {
        polls("41");
        kinesis.onGetRecords(() -> kinesis.makeAgain(FakeKinesis.CREATED.plusSeconds(1)));
        // the check of the iterator came before
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        reader.seek(RESUME);
        assertEquals(List.of("41"), read());
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());

        kinesis.fail(ExpiredIteratorException.builder().build());
        ShardRead read = reader.read();

        assertEquals(new ShardRead.Failed("the stream was deleted and made again"), read);
        assertEquals(0, kinesis.subscriptions.size());
    }

    @Test
    void registersTheConsumerWhereItIsNotThere() {
        kinesis.withoutConsumer();
        begin();

        assertEquals(List.of("consumer"), kinesis.registered);
        assertEquals("arn/consumer", subscription().request().consumerARN());
    }

    @Test
    void comparesSequenceNumbersAsNumbers() {
        assertTrue(KinesisFanOutReader.follows("10", "9"));
        assertTrue(KinesisFanOutReader.follows("9", ""));
        assertFalse(KinesisFanOutReader.follows("9", "10"));
        assertFalse(KinesisFanOutReader.follows("10", "10"));
    }

    @Test
    void holdsNoMoreThanWhatItGave() {
        begin();
        Queue<SubscribeToShardEvent> events = new ArrayDeque<>(List.of(event("42", "42"), event("43")));
        while (!events.isEmpty()) {
            subscription().send(events.remove());
            read();
            assertTrue(budget.held() < 1_000, () -> budget.held() + " bytes are held");
        }
        assertEquals(0, budget.held());
    }
}
