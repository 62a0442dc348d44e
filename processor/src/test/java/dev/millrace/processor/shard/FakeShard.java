package dev.millrace.processor.shard;

import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.wire.AggregateBuilder;
import dev.millrace.processor.store.Position;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A shard in memory: records are put, then it is read as Kinesis would let it be read. */
final class FakeShard implements ShardReader {

    static final long ARRIVAL = 1_764_849_600_000_000L;

    private final List<ShardRecord> records = new ArrayList<>();
    private final Deque<ShardRead> failures = new ArrayDeque<>();
    final List<ReadFrom> seeks = new ArrayList<>();
    final List<Long> readAheads = new ArrayList<>();
    int closed;
    int readCount;
    private int trimmed;
    private IntSupplier answerSize = () -> Integer.MAX_VALUE;
    private @Nullable Runnable onRead;
    private LongSupplier millisBehind = () -> 1_000;
    private boolean ended = true;

    /** The clock of the stream, microseconds since 1970. */
    long answeredAt = ARRIVAL;

    private int next;
    private long later;

    /** The last sub-sequence number of each record. */
    private final List<Long> ends = new ArrayList<>();

    /** No answer holds records on both sides of this one's beginning. */
    int barrier = Integer.MAX_VALUE;

    /** What is put next arrives so much later, or earlier. */
    FakeShard later(long micros) {
        later += micros;
        return this;
    }

    /** How many records lie before a position or end with it. */
    int recordsUpTo(Position position) {
        int count = 0;
        for (int i = 0; i < records.size(); i++) {
            count += new Position(records.get(i).sequenceNumber(), ends.get(i)).isBehind(position) ? 0 : 1;
        }
        return count;
    }

    /** Puts a Kinesis record. */
    FakeShard put(String partitionKey, byte[] data) {
        BigInteger sequenceNumber =
                new BigInteger("49017951784291730000000000000000000000").add(BigInteger.valueOf(records.size()));
        ends.add(0L);
        records.add(new ShardRecord(
                sequenceNumber.toString(), partitionKey, ARRIVAL + later + records.size() * 1_000L, data));
        return this;
    }

    /** Puts readings in one aggregated record. */
    FakeShard putAggregate(List<Reading> readings) {
        AggregateBuilder builder = new AggregateBuilder(Integer.MAX_VALUE);
        readings.forEach(reading -> builder.add(reading.sensorId(), ReadingEncoder.encode(reading)));
        put(readings.getFirst().sensorId(), builder.build());
        ends.set(ends.size() - 1, readings.size() - 1L);
        return this;
    }

    List<ShardRecord> records() {
        return records;
    }

    /** The shard has no end yet. */
    FakeShard open() {
        ended = false;
        return this;
    }

    /** How many records each answer holds. */
    FakeShard answering(IntSupplier size) {
        answerSize = size;
        return this;
    }

    /** The next read fails. */
    FakeShard failing(String reason) {
        failures.add(new ShardRead.Failed(reason));
        return this;
    }

    /** The next reads find no room. */
    FakeShard waiting(int times) {
        for (int i = 0; i < times; i++) {
            failures.add(new ShardRead.Waiting());
        }
        return this;
    }

    /** The next reads are throttled. */
    FakeShard throttling(int times) {
        for (int i = 0; i < times; i++) {
            failures.add(new ShardRead.Throttled("throttled"));
        }
        return this;
    }

    /** How far behind the tip the answers are that do not reach it. */
    FakeShard behind(LongSupplier millis) {
        millisBehind = millis;
        return this;
    }

    FakeShard beforeEachRead(Runnable action) {
        onRead = action;
        return this;
    }

    @Override
    public void seek(ReadFrom from) {
        seeks.add(from);
        next = switch (from) {
            case ReadFrom.TrimHorizon() -> trimmed;
            case ReadFrom.At(long micros) ->
                Math.max(trimmed, (int) records.stream()
                        .filter(record -> record.arrivedAt() < micros)
                        .count());
            case ReadFrom.Resume(Position position) -> Math.max(trimmed, indexOf(position.sequenceNumber()));
        };
    }

    private int indexOf(String sequenceNumber) {
        int index = 0;
        while (!records.get(index).sequenceNumber().equals(sequenceNumber)) {
            index++;
        }
        return index;
    }

    /** Retention removes the oldest records. */
    FakeShard trim(int count) {
        trimmed = count;
        return this;
    }

    @Override
    public void readAhead(long delayMillis) {
        readAheads.add(delayMillis);
    }

    @Override
    public void close() {
        closed++;
    }

    @Override
    public ShardRead read() {
        if (onRead != null) {
            onRead.run();
        }
        ShardRead failure = failures.poll();
        if (failure != null) {
            return failure;
        }
        int most = next < barrier ? Math.min(barrier, records.size()) : records.size();
        int end = (int) Math.min(most, (long) next + answerSize.getAsInt());
        List<ShardRecord> answer = List.copyOf(records.subList(next, end));
        next = end;
        long behind = next == records.size() ? 0 : millisBehind.getAsLong();
        return new ShardRead.Records(answer, behind, ended && next == records.size(), answeredAt);
    }
}
