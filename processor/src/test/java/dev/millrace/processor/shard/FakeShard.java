package dev.millrace.processor.shard;

import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.wire.AggregateBuilder;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** A shard in memory: records are put, then it is read as Kinesis would let it be read. */
final class FakeShard implements ShardReader {

    static final long ARRIVAL = 1_764_849_600_000_000L;

    private final List<ShardRecord> records = new ArrayList<>();
    private final Deque<ShardRead> failures = new ArrayDeque<>();
    final List<String> seeks = new ArrayList<>();
    private IntSupplier answerSize = () -> Integer.MAX_VALUE;
    private @Nullable Runnable onRead;
    private boolean ended = true;
    private int next;

    /** Puts a Kinesis record. */
    FakeShard put(String partitionKey, byte[] data) {
        BigInteger sequenceNumber =
                new BigInteger("49017951784291730000000000000000000000").add(BigInteger.valueOf(records.size()));
        records.add(new ShardRecord(sequenceNumber.toString(), partitionKey, ARRIVAL + records.size() * 1_000L, data));
        return this;
    }

    /** Puts readings in one aggregated record. */
    FakeShard putAggregate(List<Reading> readings) {
        AggregateBuilder builder = new AggregateBuilder(Integer.MAX_VALUE);
        readings.forEach(reading -> builder.add(reading.sensorId(), ReadingEncoder.encode(reading)));
        return put(readings.getFirst().sensorId(), builder.build());
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

    /** The next reads are throttled. */
    FakeShard throttling(int times) {
        for (int i = 0; i < times; i++) {
            failures.add(new ShardRead.Throttled("throttled"));
        }
        return this;
    }

    FakeShard beforeEachRead(Runnable action) {
        onRead = action;
        return this;
    }

    @Override
    public void seek(String sequenceNumber) {
        seeks.add(sequenceNumber);
        next = 0;
        while (!sequenceNumber.isEmpty()
                && !records.get(next++).sequenceNumber().equals(sequenceNumber)) {
            // on to the record behind it
        }
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
        int end = (int) Math.min(records.size(), (long) next + answerSize.getAsInt());
        List<ShardRecord> answer = List.copyOf(records.subList(next, end));
        next = end;
        long behind = next == records.size() ? 0 : 1_000;
        return new ShardRead.Records(answer, behind, ended && next == records.size());
    }
}
