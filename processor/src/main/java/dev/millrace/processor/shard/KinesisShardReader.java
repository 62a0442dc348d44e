package dev.millrace.processor.shard;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads a shard by GetRecords. An iterator that has expired, five minutes after it was given out, is replaced by one at the
 * last record read, which must still be there. After each new iterator the stream must still be the one that it was: one that
 * was deleted and made again has the same shard ids.
 */
final class KinesisShardReader implements ShardReader {

    /**
     * How long a read waits for room, or for what comes before it, until it lets its caller look around: so a read takes as long as one
     * call may take, and this, and a stop waits for no more.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final KinesisReaders shared;
    private final KinesisCalls calls;
    private final long created;
    private final String shardId;

    private ReadFrom from = new ReadFrom.TrimHorizon();

    /** The sequence number of the last record read since the seek; empty before the first. */
    private String lastRead = "";

    /** Whether the next record must be the last one read again, which proves that nothing behind it is gone. */
    private boolean proving;

    private Optional<String> freshContinuation = Optional.empty();
    private boolean lost;
    private @Nullable String iterator;

    /** An iterator of which it is not known yet whether it is one of the stream that was. */
    private @Nullable String unchecked;

    private final ReadSize size = new ReadSize();
    private @Nullable KinesisReadAhead ahead;
    private ReadBudget.@Nullable Claim claim;

    /** What the records that were given last take; they are done with when the next are asked for. */
    private ReadBudget.@Nullable Room given;

    /** @param created when the stream was made, microseconds since 1970 */
    KinesisShardReader(KinesisReaders shared, long created, String shardId) {
        this.shared = shared;
        this.calls = new KinesisCalls(shared.vertx());
        this.created = created;
        this.shardId = shardId;
    }

    @Override
    public void seek(ReadFrom to) {
        close();
        from = to;
        lastRead = "";
        proving = false;
        freshContinuation = Optional.empty();
        lost = false;
    }

    /**
     * Reads on where another way of reading has stood since the seek.
     *
     * @param record the last record read; empty: none was
     * @param continuation a sequence number, not of a record, up to which all was read a moment ago
     */
    void goOnBehind(String record, Optional<String> continuation) {
        close();
        lastRead = record;
        freshContinuation = continuation;
    }

    /** The sequence number of the last record read since the seek; empty where none was. */
    String lastRead() {
        return lastRead;
    }

    @Override
    public void readAhead(long delayMillis) {
        // a new iterator takes calls that a read in the background has no time for
        if (ahead == null && iterator != null) {
            GetRecordsRequest request = request(iterator, size.next());
            ahead = new KinesisReadAhead(
                    shared.budget(), size.next().bytes(), () -> shared.client().getRecords(request));
            ahead.beginAfter(delayMillis);
        }
    }

    @Override
    public void close() {
        doneWithGiven();
        if (ahead != null) {
            ahead.throwAway();
            ahead = null;
        }
        if (claim != null) {
            claim.giveUp();
            claim = null;
        }
        iterator = null;
        unchecked = null;
    }

    @Override
    public ShardRead read() {
        doneWithGiven();
        if (lost) {
            return new ShardRead.PlaceLost();
        }
        try {
            Optional<ShardRead> found = readAhead();
            return found.isPresent() ? found.get() : readNow();
        } catch (KinesisCalls.Failure e) {
            if (!e.is(ExpiredIteratorException.class)) {
                return e.asRead();
            }
        }
        iterator = null;
        try {
            return readNow();
        } catch (KinesisCalls.Failure e) {
            return e.asRead();
        }
    }

    private void doneWithGiven() {
        if (given != null) {
            given.release();
            given = null;
        }
    }

    /** What was read ahead; nothing where nothing was. */
    private Optional<ShardRead> readAhead() throws KinesisCalls.Failure {
        if (ahead == null) {
            return Optional.empty();
        }
        CompletableFuture<Optional<KinesisReadAhead.Found>> answer = ahead.answer();
        ahead = null;
        return calls.await(answer).map(found -> take(found.answer(), found.room()));
    }

    private ShardRead readNow() throws KinesisCalls.Failure {
        long deadline = shared.nanos() + PATIENCE.toNanos();
        if (iterator == null && unchecked == null) {
            try {
                unchecked = newIterator();
            } catch (KinesisCalls.Failure e) {
                return withoutIterator(e);
            }
            if (isOver(deadline)) {
                return new ShardRead.Waiting();
            }
        }
        if (iterator == null) {
            if (calls.await(shared.check().created()) != created) {
                unchecked = null;
                return new ShardRead.Failed("the stream was deleted and made again");
            }
            iterator = unchecked;
            unchecked = null;
            if (isOver(deadline)) {
                return new ShardRead.Waiting();
            }
        }
        Optional<ReadBudget.Room> room = awaitRoom(deadline);
        if (room.isEmpty()) {
            return new ShardRead.Waiting();
        }
        GetRecordsResponse answer;
        try {
            answer = calls.await(shared.client().getRecords(request(Objects.requireNonNull(iterator), size.next())));
        } catch (KinesisCalls.Failure | RuntimeException e) {
            room.get().release();
            throw e;
        }
        return take(answer, room.get());
    }

    private boolean isOver(long deadline) {
        return shared.nanos() - deadline >= 0;
    }

    /** Keeps its place in the line where there is no room in time. */
    private Optional<ReadBudget.Room> awaitRoom(long deadline) throws KinesisCalls.Failure {
        if (claim == null) {
            claim = shared.budget().claim(size.next().bytes());
        }
        Optional<ReadBudget.Room> room = calls.await(claim.room()
                .thenApply(Optional::of)
                .completeOnTimeout(Optional.empty(), deadline - shared.nanos(), TimeUnit.NANOSECONDS));
        if (room.isPresent()) {
            claim = null;
        }
        return room;
    }

    private static GetRecordsRequest request(String iterator, ReadSize.Next size) {
        return GetRecordsRequest.builder()
                .shardIterator(iterator)
                .limit(size.records())
                .build();
    }

    private ShardRead take(GetRecordsResponse answer, ReadBudget.Room room) {
        try {
            return records(answer, room);
        } catch (RuntimeException e) {
            room.release();
            throw e;
        }
    }

    /** An answer's records, and the reader's move behind them. */
    private ShardRead records(GetRecordsResponse answer, ReadBudget.Room room) {
        iterator = answer.nextShardIterator();
        boolean atEnd = iterator == null;
        long behind = answer.millisBehindLatest() == null ? 0 : answer.millisBehindLatest();
        List<ShardRecord> records = new ArrayList<>(answer.records().size());
        answer.records().forEach(record -> records.add(KinesisCalls.record(record)));
        if (proving && (!records.isEmpty() || behind == 0 || atEnd)) {
            if (records.isEmpty() || !records.getFirst().sequenceNumber().equals(lastRead)) {
                room.release();
                return placeLost();
            }
            records.removeFirst();
            proving = false;
        }
        if (!records.isEmpty()) {
            lastRead = records.getLast().sequenceNumber();
        }
        long bytes = KinesisCalls.bytes(records);
        room.fit(bytes);
        size.answered(records.size(), bytes, behind);
        given = room;
        return new ShardRead.Records(
                records, behind, atEnd, KinesisCalls.answeredAt(answer.sdkHttpResponse(), shared.clock()));
    }

    private ShardRead placeLost() {
        lost = true;
        iterator = null;
        return new ShardRead.PlaceLost();
    }

    private String newIterator() throws KinesisCalls.Failure {
        GetShardIteratorRequest.Builder request =
                GetShardIteratorRequest.builder().streamName(shared.stream()).shardId(shardId);
        proving = false;
        if (freshContinuation.isPresent()) {
            String behind = freshContinuation.get();
            // it is fresh once
            freshContinuation = Optional.empty();
            return iterator(request.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .startingSequenceNumber(behind));
        }
        proving = !lastRead.isEmpty();
        if (proving) {
            request.shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER).startingSequenceNumber(lastRead);
            return iterator(request);
        }
        switch (from) {
            case ReadFrom.TrimHorizon _ -> request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
            case ReadFrom.At(long micros) ->
                request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(KinesisCalls.firstMilli(micros));
            case ReadFrom.Resume(var position) -> {
                if (position.sequenceNumber().isEmpty()) {
                    request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
                } else {
                    request.shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                            .startingSequenceNumber(position.sequenceNumber());
                }
            }
        }
        try {
            return iterator(request);
        } catch (KinesisCalls.Failure e) {
            if (from instanceof ReadFrom.Resume && e.is(InvalidArgumentException.class)) {
                // too old, or the stream is another, which is found out next
                return iterator(request.startingSequenceNumber(null).shardIteratorType(ShardIteratorType.TRIM_HORIZON));
            }
            throw e;
        }
    }

    private String iterator(GetShardIteratorRequest.Builder request) throws KinesisCalls.Failure {
        return calls.await(shared.client().getShardIterator(request.build())).shardIterator();
    }

    private ShardRead withoutIterator(KinesisCalls.Failure failure) {
        if (failure.is(InvalidArgumentException.class)) {
            if (proving) {
                return placeLost();
            }
            if (from instanceof ReadFrom.At(long micros)) {
                Optional<Long> answeredAt = failure.answeredAt();
                // Kinesis takes no instant that is yet to come, and its Date has whole seconds; what arrives until then
                // is not
                // wanted, so that the shard has nothing for us yet
                if (answeredAt.isPresent() && micros > answeredAt.get()) {
                    return new ShardRead.Records(List.of(), 0, false, answeredAt.get());
                }
            }
        }
        return failure.asRead();
    }
}
