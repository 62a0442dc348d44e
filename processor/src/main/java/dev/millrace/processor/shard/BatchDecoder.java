package dev.millrace.processor.shard;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.Rejection;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Decodes Kinesis records and cuts them into batches, at whole records. Each user record is one reading or a dead letter;
 * nothing is passed over.
 */
public final class BatchDecoder {

    /** A batch is full with the record that brings it to so many values. One record holds some 10,000 at most. */
    static final int FULL = 5_000;

    private final ReadingDecoder decoder;
    private final HashKeyRange range;

    /** @param range the hash keys of the shard */
    public BatchDecoder(ReadingDecoder decoder, HashKeyRange range) {
        this.decoder = decoder;
        this.range = range;
    }

    /**
     * The next batch of records, of which there must be one at least. What lies at a position or before it in its own record
     * is passed over: it was committed before.
     *
     * @param most so many values are enough
     */
    public Batch next(Iterator<ShardRecord> records, Position after, int most) {
        Building batch = new Building(after);
        do {
            batch.add(records.next());
        } while (records.hasNext() && batch.values < most);
        return batch.build();
    }

    private final class Building {

        private final Position after;
        private Position position;
        private long arrivedFrom;
        private long arrivedTo;
        private int records;
        private int foreignAggregates;
        private int values;
        private final List<Batch.Item> items = new ArrayList<>();

        Building(Position after) {
            this.after = after;
            this.position = after;
        }

        void add(ShardRecord record) {
            if (records++ == 0) {
                arrivedFrom = record.arrivedAt();
            }
            arrivedTo = record.arrivedAt();
            switch (StreamRecord.decode(record.partitionKey(), record.data())) {
                case StreamRecord.Plain(UserRecord only) -> user(record, only);
                case StreamRecord.Aggregate aggregate -> {
                    if (aggregate.belongsTo(range)) {
                        aggregate.records().forEach(one -> user(record, one));
                    } else {
                        // its producer saw it in the wrong shard, too, and has sent all of it again
                        foreignAggregates++;
                        position = new Position(
                                record.sequenceNumber(),
                                aggregate.records().getLast().subSequenceNumber());
                    }
                }
            }
        }

        private void user(ShardRecord record, UserRecord user) {
            if (record.sequenceNumber().equals(after.sequenceNumber())
                    && user.subSequenceNumber() <= after.subSequenceNumber()) {
                return;
            }
            position = new Position(record.sequenceNumber(), user.subSequenceNumber());
            Decoded decoded =
                    decoder.decode(user.source(), user.offset(), user.length(), record.arrivedAt(), record::arrivedAt);
            switch (decoded) {
                case Decoded.Batch(boolean single, List<Reading> readings, List<Rejection> rejections) -> {
                    if (!single) {
                        refuse(user, DeadLetter.Reason.MALFORMED, "", "A record must be one object");
                    } else if (readings.isEmpty()) {
                        refuse(user, rejections.getFirst());
                    } else {
                        accept(user, readings.getFirst());
                    }
                }
                case Decoded.Malformed(String detail, int line, int column) ->
                    refuse(
                            user,
                            DeadLetter.Reason.MALFORMED,
                            "",
                            detail + " (line " + line + ", column " + column + ")");
                case Decoded.TooMany _ -> refuse(user, DeadLetter.Reason.MALFORMED, "", "A record must be one object");
            }
        }

        private void accept(UserRecord user, Reading reading) {
            values += reading.measurements().size();
            items.add(new Batch.Accepted(position, arrivedTo, user, reading));
        }

        private void refuse(UserRecord user, Rejection rejection) {
            DeadLetter.Reason reason =
                    switch (rejection.code()) {
                        case INVALID_READING -> DeadLetter.Reason.INVALID_READING;
                        case TOO_LARGE -> DeadLetter.Reason.TOO_LARGE;
                    };
            refuse(user, reason, rejection.field(), rejection.detail());
        }

        private void refuse(UserRecord user, DeadLetter.Reason reason, String field, String detail) {
            values++;
            items.add(new Batch.Refused(new DeadLetter(position, arrivedTo, user, reason, field, detail)));
        }

        Batch build() {
            return new Batch(position, arrivedFrom, arrivedTo, records, foreignAggregates, items);
        }
    }
}
