package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.RuleSet;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.shard.ShardRecord;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/** What is stored of a stream where nothing ever goes wrong: shard by shard, parents first, reading by reading. */
final class StraightRun {

    private final Content content = new Content();
    private final Detector detector;
    private final ReadingDecoder decoder = SimulatedProcessor.decoder();

    private StraightRun(RuleSet rules) {
        detector = new Detector(rules);
    }

    /**
     * The content that there must be.
     *
     * @param actual tells which records nobody could read
     */
    static Content of(SimulatedStream stream, Invariants invariants, Content actual, RuleSet rules) {
        StraightRun run = new StraightRun(rules);
        for (SimulatedStream.Shard shard : stream.shards()) {
            for (int i = 0; i < shard.records.size(); i++) {
                int index = i;
                run.take(shard, i, subSequenceNumber -> invariants.isExcused(shard, index, subSequenceNumber, actual));
            }
        }
        return run.content;
    }

    private void take(SimulatedStream.Shard shard, int index, LongPredicate isExcused) {
        ShardRecord record = shard.records.get(index);
        switch (StreamRecord.decode(record.partitionKey(), record.data())) {
            case StreamRecord.Plain(UserRecord only) -> take(shard, record, List.of(only), isExcused);
            case StreamRecord.Aggregate aggregate -> {
                if (aggregate.belongsTo(shard.info.range())) {
                    take(shard, record, aggregate.records(), isExcused);
                }
            }
        }
    }

    private void take(
            SimulatedStream.Shard shard, ShardRecord record, List<UserRecord> users, LongPredicate isExcused) {
        users.stream()
                .filter(user -> !isExcused.test(user.subSequenceNumber()))
                .forEach(user -> take(shard, record, user));
    }

    private void take(SimulatedStream.Shard shard, ShardRecord record, UserRecord user) {
        Decoded decoded =
                decoder.decode(user.source(), user.offset(), user.length(), record.arrivedAt(), record::arrivedAt);
        Position position = new Position(record.sequenceNumber(), user.subSequenceNumber());
        if (decoded instanceof Decoded.Batch(var _, List<Reading> readings, var _) && !readings.isEmpty()) {
            Reading reading = readings.getFirst();
            if (reading.measurements().stream().anyMatch(StraightRun::isUnstorable)) {
                refuse(shard, position, record, user, DeadLetter.Reason.UNSTORABLE);
            } else {
                store(shard, position, record, reading);
            }
        } else {
            refuse(shard, position, record, user, DeadLetter.Reason.MALFORMED);
        }
    }

    private void refuse(
            SimulatedStream.Shard shard,
            Position position,
            ShardRecord record,
            UserRecord user,
            DeadLetter.Reason reason) {
        DeadLetter letter = new DeadLetter(position, record.arrivedAt(), user, reason, "", "");
        store(shard, position, List.of(letter), List.of(), Map.of());
    }

    private void store(SimulatedStream.Shard shard, Position position, ShardRecord record, Reading reading) {
        List<Sample> samples = new ArrayList<>();
        for (Measurement measurement : reading.measurements()) {
            SeriesId series = new SeriesId(reading.sensorId(), measurement.name());
            samples.add(new Sample(series, reading.timestamp(), measurement));
        }
        Seen seen = new Seen(record.arrivedAt(), record.arrivedAt());
        store(shard, position, List.of(), samples, Map.of(reading.sensorId(), seen));
    }

    private static boolean isUnstorable(Measurement measurement) {
        return measurement instanceof Measurement.State(var _, String value)
                && value.equals(SimulatedDatabase.UNSTORABLE);
    }

    private void store(
            SimulatedStream.Shard shard,
            Position position,
            List<DeadLetter> letters,
            List<Sample> samples,
            Map<String, Seen> seen) {
        Detection detection = new Detection();
        for (Sample sample : samples) {
            SeriesState state = content.series(List.of(sample.series())).getOrDefault(sample.series(), SeriesState.NEW);
            detector.feed(sample.series(), new Detector.Series(state), sample.at(), sample.measurement(), detection);
        }
        content.store(
                shard.info.shardId(),
                new Work(
                        position,
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        false,
                        1,
                        samples,
                        letters,
                        seen,
                        detection,
                        Optional.empty()));
    }
}
