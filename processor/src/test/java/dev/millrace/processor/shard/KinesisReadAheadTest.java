package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

class KinesisReadAheadTest extends KinesisReading {

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
        ReadBudget empty = new ReadBudget(ReadSize.MAX_ANSWER_BYTES);
        KinesisReadAhead ahead = new KinesisReadAhead(
                empty, 1, () -> kinesis.getRecords(GetRecordsRequest.builder().build()));

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
                budget.tryTake(BUDGET - ReadSize.WANTED_BYTES / 2).orElseThrow();

        reader.readAhead(0);
        assertEquals(1, kinesis.iteratorsUsed.size());
        assertEquals(new ShardRead.Waiting(), reader.read());
        others.release();
        assertEquals(List.of("2"), numbers(reader.read()));
        reader.close();
        assertEquals(0, budget.held());
    }

    @Test
    void whatWasReadAheadHoldsNoMoreThanItIs() {
        kinesis.answer(answer("1").build()).answer(answer("2").build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        reader.readAhead(0);

        assertTrue(budget.held() > 0 && budget.held() < 1_000, () -> budget.held() + " bytes are held");
        reader.close();
        assertEquals(0, budget.held());
    }

    @Test
    void anAnswerThatIsLargerThanWasExpectedIsHeldForWhatItIs() {
        String large = "x".repeat((int) ReadSize.WANTED_BYTES + 1);
        kinesis.answer(answer("1").build())
                .answer(GetRecordsResponse.builder()
                        .records(
                                record("2").data(SdkBytes.fromUtf8String(large)).build())
                        .nextShardIterator("next")
                        .build());
        reader.seek(new ReadFrom.TrimHorizon());
        records(reader.read());

        assertEquals(List.of("2"), numbers(reader.read()));
        assertTrue(budget.held() > ReadSize.WANTED_BYTES, () -> budget.held() + " bytes are held");
    }

    @Test
    void asksForSoManyRecordsAsAreWantedByWhatTheyWereLike() {
        kinesis.answer(GetRecordsResponse.builder()
                        .records(record("1")
                                .data(SdkBytes.fromByteArray(new byte[(int) ReadSize.WANTED_BYTES / 10]))
                                .build())
                        .nextShardIterator("next")
                        .build())
                .answer(answer("2").build())
                .answer(answer("3").build());
        reader.seek(new ReadFrom.TrimHorizon());

        records(reader.read());
        records(reader.read());
        reader.readAhead(0);
        records(reader.read());

        assertEquals(List.of(ReadSize.MAX_RECORDS, 9, 19), kinesis.limits);
    }
}
