package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.shard.ShardRecord;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.Snapshots;
import dev.millrace.processor.store.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/** What is stored of a stream where nothing ever goes wrong: shard by shard, parents first, reading by reading. */
final class StraightRun {

    private final Content content = new Content();
    private final Detector detector;
    private final Map<SeriesId, Series> series = new TreeMap<>();
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
        for (SimulatedStream.Shard shard : stream.open()) {
            Content.Row row = actual.row(shard.info.shardId());
            if (row != null) {
                row.state().streamTime().ifPresent(time -> run.pass(shard, time));
            }
        }
        return run.content;
    }

    /** What is silent when a shard has been read up to a time. */
    private void pass(SimulatedStream.Shard shard, long streamTime) {
        Detection detection = new Detection();
        series.forEach((id, state) -> {
            if (shard.info.range().contains(HashKey.ofPartitionKey(id.sensorId()))) {
                detector.pass(id, state, streamTime, detection);
            }
        });
        store(shard, Position.START, List.of(), List.of(), Map.of(), detection);
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
        store(shard, position, List.of(letter), List.of(), Map.of(), new Detection());
    }

    private void store(SimulatedStream.Shard shard, Position position, ShardRecord record, Reading reading) {
        List<Sample> samples = new ArrayList<>();
        for (Measurement measurement : reading.measurements()) {
            SeriesId series = new SeriesId(reading.sensorId(), measurement.name());
            samples.add(new Sample(series, reading.timestamp(), measurement));
        }
        Seen seen = new Seen(record.arrivedAt(), record.arrivedAt());
        Detection detection = new Detection();
        for (Sample sample : samples) {
            Series own = series.computeIfAbsent(sample.series(), _ -> Series.fresh());
            detector.feed(sample.series(), own, sample.at(), record.arrivedAt(), sample.measurement(), detection);
        }
        store(shard, position, List.of(), samples, Map.of(reading.sensorId(), seen), detection);
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
            Map<String, Seen> seen,
            Detection detection) {
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
                        Optional.empty(),
                        Snapshots.NONE));
    }
}
