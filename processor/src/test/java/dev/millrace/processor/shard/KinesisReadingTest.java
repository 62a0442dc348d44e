package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.store.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.KmsDisabledException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class KinesisReadingTest extends KinesisReading {

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
    void letsItsCallerLookAroundWhereTheCallsBeforeTheReadTakeTheirTime() {
        kinesis.beforeIterator(() -> pass(Duration.ofSeconds(1)))
                .beforeSummary(() -> pass(Duration.ofSeconds(1)))
                .answer(answer("1").build());
        reader.seek(new ReadFrom.TrimHorizon());

        assertEquals(new ShardRead.Waiting(), reader.read());
        assertEquals(0, kinesis.summariesAsked());
        assertEquals(new ShardRead.Waiting(), reader.read());
        assertEquals(List.of("1"), numbers(reader.read()));
        assertEquals(List.of("iterator-1"), kinesis.iteratorsUsed);
        assertEquals(1, kinesis.summariesAsked());
    }
}
