package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Position;
import io.vertx.core.Vertx;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KmsDisabledException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class KinesisReadingTest {

    private static final dev.millrace.core.wire.HashKeyRange ALL =
            new dev.millrace.core.wire.HashKeyRange(HashKey.of(BigInteger.ZERO), HashKey.MAX);
    private static final Instant CLOCK = Instant.parse("2026-05-02T10:00:00.5Z");
    private static final ReadFrom.Resume RESUME = new ReadFrom.Resume(new Position("41", 7));

    private final Vertx vertx = Vertx.vertx();
    private final FakeKinesis kinesis = new FakeKinesis();
    private final ReadBudget budget = new ReadBudget(3 * KinesisShardReader.MAX_ANSWER_BYTES);
    private final KinesisReaders readers =
            new KinesisReaders(kinesis, vertx, "stream", budget, () -> CLOCK, System::nanoTime);
    private final ShardReader reader = readers.reader(KinesisCalls.micros(FakeKinesis.CREATED), "shardId-0");

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private static GetRecordsResponse.Builder answer(String... sequenceNumbers) {
        return GetRecordsResponse.builder()
                .records(List.of(sequenceNumbers).stream()
                        .map(number -> Record.builder()
                                .sequenceNumber(number)
                                .partitionKey("key")
                                .approximateArrivalTimestamp(Instant.ofEpochMilli(1_764_849_600_123L))
                                .data(SdkBytes.fromUtf8String("data"))
                                .build())
                        .toList())
                .nextShardIterator("next")
                .millisBehindLatest(7L);
    }

    private static ShardRead.Records records(ShardRead read) {
        return assertInstanceOf(ShardRead.Records.class, read);
    }

    private static <T extends AwsServiceException.Builder> T described(T failure, String code, String date) {
        failure.awsErrorDetails(AwsErrorDetails.builder()
                .errorCode(code)
                .errorMessage("because")
                .sdkHttpResponse(dated(date))
                .build());
        return failure;
    }

    private static SdkHttpResponse dated(String date) {
        return SdkHttpResponse.builder().putHeader("Date", date).build();
    }

    private static Throwable invalid(String date) {
        return described(InvalidArgumentException.builder(), "InvalidArgumentException", date)
                .build();
    }

    private static Throwable expired() {
        return ExpiredIteratorException.builder().message("expired").build();
    }

    private static List<String> numbers(ShardRead read) {
        return records(read).records().stream().map(ShardRecord::sequenceNumber).toList();
    }

    private GetShardIteratorRequest lastIterator() {
        return kinesis.iterators.getLast();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within 10 s");
            Thread.onSpinWait();
        }
    }

    @Test
    void beginsAtTheOldestRecordAndGoesOnWithTheIteratorOfTheAnswer() {
        kinesis.answer(answer("1", "2").build()).answer(answer().build());
        reader.seek(new ReadFrom.TrimHorizon());

        ShardRead.Records first = records(reader.read());
        records(reader.read());

        assertEquals(2, first.records().size());
        assertEquals(1_764_849_600_123_000L, first.records().getFirst().arrivedAt());
        assertEquals(7, first.millisBehind());
        assertEquals(
                ShardIteratorType.TRIM_HORIZON, kinesis.iterators.getFirst().shardIteratorType());
        assertNull(kinesis.iterators.getFirst().startingSequenceNumber());
        assertEquals(List.of("iterator-1", "next"), kinesis.iteratorsUsed);
    }

    @Test
    void resumesWithTheRecordOfThePositionItself() {
        kinesis.answer(answer("41", "42").build());
        reader.seek(RESUME);

        assertEquals(List.of("41", "42"), numbers(reader.read()));
        assertEquals(ShardIteratorType.AT_SEQUENCE_NUMBER, lastIterator().shardIteratorType());
        assertEquals("41", lastIterator().startingSequenceNumber());
    }

    @Test
    void aPositionBeforeTheFirstRecordResumesWithTheOldest() {
        kinesis.answer(answer("1").build());
        reader.seek(new ReadFrom.Resume(Position.START));

        assertEquals(List.of("1"), numbers(reader.read()));
        assertEquals(ShardIteratorType.TRIM_HORIZON, lastIterator().shardIteratorType());
    }

    @Test
    void aPositionThatIsTooOldResumesWithTheOldestRecord() {
        kinesis.failIterator(invalid("Fri, 01 May 2026 10:00:00 GMT"))
                .answer(answer("90").build());
        reader.seek(RESUME);

        assertEquals(List.of("90"), numbers(reader.read()));
        assertEquals(ShardIteratorType.TRIM_HORIZON, lastIterator().shardIteratorType());
        assertNull(lastIterator().startingSequenceNumber());
    }

    @Test
    void readsFromTheFirstMillisecondThatIsNotBeforeAnInstant() {
        kinesis.answer(answer("1").build());
        reader.seek(new ReadFrom.At(1_764_849_600_123_001L));

        records(reader.read());

        assertEquals(ShardIteratorType.AT_TIMESTAMP, lastIterator().shardIteratorType());
        assertEquals(Instant.ofEpochMilli(1_764_849_600_124L), lastIterator().timestamp());
    }

    @Test
    void anInstantThatIsYetToComeHasNothingToReadUntilThen() {
        Instant tomorrow = Instant.parse("2026-05-02T10:00:00Z");
        kinesis.failIterator(invalid("Fri, 01 May 2026 10:00:00 GMT"))
                .failIterator(invalid("Sat, 02 May 2026 10:00:00 GMT"))
                .answer(answer("1").build());
        reader.seek(new ReadFrom.At(KinesisCalls.micros(tomorrow)));

        assertEquals(
                new ShardRead.Records(List.of(), 0, false, KinesisCalls.micros(Instant.parse("2026-05-01T10:00:00Z"))),
                reader.read());
        // not because it lies ahead
        assertEquals(new ShardRead.Failed("InvalidArgumentException: because"), reader.read());
        assertEquals(List.of("1"), numbers(reader.read()));
        assertEquals(tomorrow, lastIterator().timestamp());
    }

    @Test
    void tellsWhenKinesisHasAnswered() {
        kinesis.answer((GetRecordsResponse) answer("1")
                        .sdkHttpResponse(dated("Fri, 01 May 2026 10:00:07 GMT"))
                        .build())
                .answer((GetRecordsResponse)
                        answer("2").sdkHttpResponse(dated("today")).build())
                .answer(answer("3").build());
        reader.seek(new ReadFrom.TrimHorizon());

        assertEquals(
                KinesisCalls.micros(Instant.parse("2026-05-01T10:00:07Z")),
                records(reader.read()).answeredAt());
        assertEquals(KinesisCalls.micros(CLOCK), records(reader.read()).answeredAt());
        assertEquals(KinesisCalls.micros(CLOCK), records(reader.read()).answeredAt());
    }

    @Test
    void anIteratorThatHasExpiredIsReplacedByOneThatGoesOnBehindTheLastRecordRead() {
        kinesis.answer(answer("1", "2").build())
                .fail(expired())
                .answer(answer().build())
                .answer(answer("2", "3").build())
                .answer(answer("4").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        // an answer may be empty before the tip of the shard
        assertEquals(List.of(), numbers(reader.read()));
        assertEquals(List.of("3"), numbers(reader.read()));
        assertEquals(List.of("4"), numbers(reader.read()));

        assertEquals("2", lastIterator().startingSequenceNumber());
        assertEquals(List.of("iterator-1", "next", "iterator-2", "next", "next"), kinesis.iteratorsUsed);
    }

    @Test
    void thePlaceIsLostWhereTheLastRecordReadIsGone() {
        kinesis.answer(answer("1", "2").build())
                .fail(expired())
                .answer(answer("9").build())
                .answer(answer("9").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        assertEquals(new ShardRead.PlaceLost(), reader.read());
        assertEquals(new ShardRead.PlaceLost(), reader.read());
        assertEquals(0, budget.held());
        reader.seek(new ReadFrom.Resume(new Position("2", 0)));
        assertEquals(List.of("9"), numbers(reader.read()));
    }

    @Test
    void thePlaceIsLostWhereNothingIsLeftOrItIsTooOld() {
        kinesis.answer(answer("1").build())
                .fail(expired())
                .answer(answer().millisBehindLatest(0L).build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());
        assertEquals(new ShardRead.PlaceLost(), reader.read());

        kinesis.answer(answer("1").build()).fail(expired());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());
        kinesis.failIterator(invalid("Fri, 01 May 2026 10:00:00 GMT"));
        assertEquals(new ShardRead.PlaceLost(), reader.read());
    }

    @Test
    void aFailureLeavesItWhereItStood() {
        kinesis.answer(answer("1").build())
                .fail(new CompletionException(described(
                                ProvisionedThroughputExceededException.builder(),
                                "ProvisionedThroughputExceededException",
                                "")
                        .build()))
                .fail(described(KmsDisabledException.builder(), "KMSDisabledException", "")
                        .build())
                .answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        assertEquals(new ShardRead.Throttled("ProvisionedThroughputExceededException: because"), reader.read());
        assertEquals(new ShardRead.Failed("KMSDisabledException: because"), reader.read());
        records(reader.read());

        assertEquals(List.of("iterator-1", "next", "next", "next"), kinesis.iteratorsUsed);
        assertTrue(budget.held() < 1_000, "a failed read holds room");
    }

    @Test
    void anAnswerWithoutANextIteratorIsTheShardsEnd() {
        kinesis.answer(
                answer("1").nextShardIterator(null).millisBehindLatest(0L).build());
        reader.seek(new ReadFrom.TrimHorizon());

        assertEquals(true, records(reader.read()).atEnd());
    }

    @Test
    void failsWhileTheStreamIsAnotherThatWasMadeAgainUnderItsName() {
        kinesis.makeAgain(FakeKinesis.CREATED.plusSeconds(1));
        kinesis.answer(answer("1").build());
        reader.seek(RESUME);

        assertEquals(new ShardRead.Failed("the stream was deleted and made again"), reader.read());
        assertEquals(new ShardRead.Failed("the stream was deleted and made again"), reader.read());
        assertEquals(List.of(), kinesis.iteratorsUsed);
    }

    @Test
    void anIteratorThatCouldNotBeCheckedIsNotUsed() {
        kinesis.summary(CompletableFuture.failedFuture(new IllegalStateException("away")));
        kinesis.answer(answer("1").build());
        reader.seek(RESUME);

        assertEquals(new ShardRead.Failed("away"), reader.read());
        kinesis.makeAgain(FakeKinesis.CREATED.plusSeconds(1));
        assertEquals(new ShardRead.Failed("the stream was deleted and made again"), reader.read());
    }

    @Test
    void oneCallChecksTheStreamForAllThatAskedBeforeItBegan() {
        CompletableFuture<DescribeStreamSummaryResponse> held = new CompletableFuture<>();
        kinesis.summary(held);
        KinesisStreamCheck check = new KinesisStreamCheck(kinesis, "stream", Duration.ofMillis(50), System::nanoTime);

        CompletableFuture<Long> first = check.created();
        DescribeStreamSummaryResponse old = kinesis.summary();
        kinesis.makeAgain(FakeKinesis.CREATED.plusSeconds(1));
        List<CompletableFuture<Long>> later =
                IntStream.range(0, 100).mapToObj(_ -> check.created()).toList();
        held.complete(old);

        assertEquals(KinesisCalls.micros(FakeKinesis.CREATED), first.join());
        for (CompletableFuture<Long> one : later) {
            assertEquals(KinesisCalls.micros(FakeKinesis.CREATED.plusSeconds(1)), one.join());
        }
        assertTrue(kinesis.summariesAsked() <= 3, () -> kinesis.summariesAsked() + " calls");
    }

    @Test
    void whatWasReadAheadIsReadNext() {
        kinesis.answer(answer("1").build()).answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        reader.readAhead(1);
        reader.readAhead(1);
        await(() -> kinesis.iteratorsUsed.size() == 2);

        assertEquals(List.of("2"), numbers(reader.read()));
        assertEquals(List.of("iterator-1", "next"), kinesis.iteratorsUsed);
    }

    @Test
    void aReadWaitsForWhatIsBeingReadAhead() {
        kinesis.answer(answer("1").build()).answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        reader.readAhead(30);

        assertEquals(List.of("2"), numbers(reader.read()));
        assertEquals(2, kinesis.iteratorsUsed.size());
    }

    @Test
    void anIteratorThatExpiresWhileReadingAheadIsReplaced() {
        kinesis.answer(answer("1").build())
                .fail(expired())
                .answer(answer("1", "2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        reader.readAhead(0);

        assertEquals(List.of("2"), numbers(reader.read()));
    }

    @Test
    void whatIsReadAheadAndThrownAwayChangesNothing() {
        CompletableFuture<GetRecordsResponse> late = new UncancellableAnswer();
        kinesis.answer(answer("1").build()).answer(late).answer(answer("41").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());
        reader.readAhead(0);

        reader.seek(RESUME);
        late.complete(answer("2").nextShardIterator("late").build());

        assertEquals(0, budget.held());
        assertEquals(List.of("41"), numbers(reader.read()));
        assertEquals(List.of("iterator-1", "next", "iterator-2"), kinesis.iteratorsUsed);
        reader.close();
        assertEquals(0, budget.held());
    }

    /** As if the answer were under way already. */
    private static final class UncancellableAnswer extends CompletableFuture<GetRecordsResponse> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    @Test
    void aReadThatIsThrownAwayBeforeItsTimeIsNotBegun() {
        kinesis.answer(answer("1").build()).answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());
        ReadBudget empty = new ReadBudget(KinesisShardReader.MAX_ANSWER_BYTES);
        KinesisReadAhead ahead = new KinesisReadAhead(
                empty, () -> kinesis.getRecords(GetRecordsRequest.builder().build()));

        ahead.throwAway();
        ahead.beginAfter(0);

        assertEquals(Optional.empty(), ahead.answer().join());
        assertEquals(1, kinesis.iteratorsUsed.size());
        assertEquals(0, empty.held());
    }

    @Test
    void recordsAreHeldUntilTheNextAreAskedForAndNoMoreIsHeldThanThey() {
        kinesis.answer(answer("1").build()).answer(answer().build());
        reader.seek(new ReadFrom.TrimHorizon());

        records(reader.read());
        assertTrue(budget.held() > 0 && budget.held() < 1_000, () -> budget.held() + " bytes are held");
        records(reader.read());
        assertEquals(0, budget.held());
    }

    @Test
    void readsAheadOnlyWhereThereIsRoomAndWaitsForItElse() {
        kinesis.answer(answer("1").build()).answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());
        ReadBudget.Room others =
                budget.tryTake(2 * KinesisShardReader.MAX_ANSWER_BYTES).orElseThrow();

        reader.readAhead(0);
        assertEquals(1, kinesis.iteratorsUsed.size());
        others.shrinkTo(2 * KinesisShardReader.MAX_ANSWER_BYTES - 1);
        ReadBudget.Room rest =
                budget.tryTake(KinesisShardReader.MAX_ANSWER_BYTES / 2).orElseThrow();
        assertEquals(new ShardRead.Throttled("the memory for what is being read is full"), reader.read());
        rest.release();
        assertEquals(List.of("2"), numbers(reader.read()));
        others.release();
        reader.close();
        assertEquals(0, budget.held());
    }

    @Test
    void listsAllPagesOfShards() {
        HashKeyRange range = HashKeyRange.builder()
                .startingHashKey("0")
                .endingHashKey("340282366920938463463374607431768211455")
                .build();
        Shard.Builder shard = Shard.builder().hashKeyRange(range);
        kinesis.page(ListShardsResponse.builder()
                        .shards(shard.shardId("a").build())
                        .nextToken("more")
                        .build())
                .page(ListShardsResponse.builder()
                        .shards(shard.shardId("b")
                                .parentShardId("a")
                                .adjacentParentShardId("x")
                                .build())
                        .build());

        assertEquals(
                new Loaded.Found<>(new StreamCatalog.Listing(
                        KinesisCalls.micros(FakeKinesis.CREATED),
                        Duration.ofHours(24),
                        List.of(new ShardInfo("a", List.of(), ALL), new ShardInfo("b", List.of("a", "x"), ALL)))),
                new KinesisStreamCatalog(kinesis, vertx, "stream").list());
        // a token stands for the stream: Kinesis refuses both together
        assertEquals("more", kinesis.listings.getLast().nextToken());
        assertNull(kinesis.listings.getLast().streamName());
    }
}
