package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Mark;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.Snapshots;
import dev.millrace.processor.store.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Makes of a batch the work that commits: feeds its values to the detector, and what is due without any. For one identity the first
 * value in the stream stays, be it a number or a text.
 */
final class BatchFeeder {

    /** The most series that a commit loads, besides its own, of those that the owner before has fed. */
    private static final int UNFED_PORTION = 500;

    private final ShardDetector detector;

    /**
     * A batch's work.
     *
     * @param latest the last value that was fed of each series
     */
    record Fed(Work work, Map<SeriesId, LatestValue> latest) {}

    /**
     * A batch on its way to be stored.
     *
     * @param from what is stored of the shard's reading
     * @param streamTime all that arrived before is stored, microseconds since 1970
     * @param last whether the shard ends with it, if its series can all be written down with it
     */
    record Step(
            Progress from,
            Batch batch,
            OptionalLong streamTime,
            OptionalLong cachedTo,
            Optional<Gap> gap,
            boolean last,
            SnapshotChoice.Writing writing,
            SnapshotChoice.Span span) {}

    private record Identity(SeriesId series, long at) {}

    BatchFeeder(ShardDetector detector) {
        this.detector = detector;
    }

    /** The later of two times. */
    static OptionalLong later(OptionalLong before, long micros) {
        return OptionalLong.of(Math.max(micros, before.orElse(micros)));
    }

    /** Feeds a batch; after it the detector is to be told what became of it. */
    Loaded<Fed> feed(Step step) {
        Batch batch = step.batch;
        Values values = new Values(step.streamTime);
        for (Batch.Item item : batch.items()) {
            switch (item) {
                case Batch.Accepted(var _, long arrivedAt, var _, Reading reading) -> values.add(reading, arrivedAt);
                case Batch.Refused(DeadLetter letter) -> values.add(letter);
            }
        }
        Optional<String> problem = detector.load(values.series)
                .or(() -> step.writing == SnapshotChoice.Writing.ALL
                        ? detector.loadUnfed(SnapshotChoice.CHUNK)
                        : detector.loadUnfed(UNFED_PORTION, step.span.now()));
        if (problem.isPresent()) {
            return new Loaded.Unavailable<>(problem.get());
        }
        // what is silent when a shard ends is so by its rules
        problem = step.last ? detector.loadWatched() : Optional.empty();
        if (problem.isPresent()) {
            return new Loaded.Unavailable<>(problem.get());
        }
        Map<SeriesId, LatestValue> latest = new HashMap<>();
        Detection detection = new Detection();
        values.feed(latest, detection);
        OptionalLong readTo = batch.isNone() ? step.streamTime : later(values.arrivedTo, batch.arrivedTo());
        return switch (detector.pass(readTo, detection)) {
            case Loaded.Unavailable<Set<SeriesId>>(String reason) -> new Loaded.Unavailable<>(reason);
            case Loaded.Found(Set<SeriesId> passed) -> {
                boolean last = step.last;
                Snapshots snapshots = snapshots(step, readTo, last, passed);
                if (last && detector.leavesSome()) {
                    // the shards that follow find in the store what this one's detector knows, and that it has looked
                    // at all that is silent: all of it, or they must wait
                    last = false;
                    snapshots = snapshots(step, readTo, false, passed);
                }
                yield new Loaded.Found<>(new Fed(work(step, readTo, last, values, detection, snapshots), latest));
            }
        };
    }

    private Snapshots snapshots(Step step, OptionalLong readTo, boolean last, Set<SeriesId> passed) {
        return detector.snapshots(
                new Mark(step.from.position(), step.streamTime),
                step.from.at(step.batch.position(), last),
                new Mark(step.batch.position(), readTo),
                passed,
                last ? SnapshotChoice.Writing.ALL : step.writing,
                step.span);
    }

    private static Work work(
            Step step, OptionalLong readTo, boolean last, Values values, Detection detection, Snapshots snapshots) {
        Batch batch = step.batch;
        return new Work(
                batch.position(),
                batch.isNone() ? OptionalLong.empty() : OptionalLong.of(batch.arrivedTo()),
                readTo,
                step.cachedTo,
                last,
                batch.items().size(),
                values.unique,
                values.deadLetters,
                values.seen,
                detection,
                step.gap,
                snapshots);
    }

    /**
     * Feeds items again that are stored. What they open and close is stored too.
     *
     * @param streamTime as it was before them
     * @return the stream time after them
     */
    Loaded<OptionalLong> refeed(List<Batch.Item> items, OptionalLong streamTime) {
        Values values = new Values(streamTime);
        for (Batch.Item item : items) {
            switch (item) {
                case Batch.Accepted(var _, long arrivedAt, var _, Reading reading) -> values.add(reading, arrivedAt);
                case Batch.Refused(DeadLetter letter) -> values.add(letter);
            }
        }
        Optional<String> problem = detector.load(values.series);
        if (problem.isPresent()) {
            return new Loaded.Unavailable<>(problem.get());
        }
        values.feed(new HashMap<>(), new Detection());
        return new Loaded.Found<>(values.arrivedTo);
    }

    private final class Values {

        private final Set<SeriesId> series = new HashSet<>();
        private final Set<Identity> identities = new HashSet<>();
        private final List<Sample> unique = new ArrayList<>();

        /** When those arrived, or when something before them did: an arrival is told to about a second, and may go back a little. */
        private final List<Long> arrivals = new ArrayList<>();

        private final List<DeadLetter> deadLetters = new ArrayList<>();
        private final Map<String, Seen> seen = new HashMap<>();
        private OptionalLong arrivedTo;

        Values(OptionalLong streamTime) {
            arrivedTo = streamTime;
        }

        void add(DeadLetter letter) {
            arrivedTo = later(arrivedTo, letter.arrivedAt());
            deadLetters.add(letter);
        }

        void add(Reading reading, long arrivedAt) {
            arrivedTo = later(arrivedTo, arrivedAt);
            seen.merge(reading.sensorId(), new Seen(arrivedAt, arrivedAt), (before, _) -> before.with(arrivedAt));
            for (Measurement measurement : reading.measurements()) {
                SeriesId id = detector.canonical(new SeriesId(reading.sensorId(), measurement.name()));
                series.add(id);
                if (identities.add(new Identity(id, reading.timestamp()))) {
                    unique.add(new Sample(id, reading.timestamp(), measurement));
                    arrivals.add(arrivedTo.getAsLong());
                }
            }
        }

        void feed(Map<SeriesId, LatestValue> latest, Detection found) {
            for (int i = 0; i < unique.size(); i++) {
                Sample sample = unique.get(i);
                if (detector.feed(sample.series(), sample.at(), arrivals.get(i), sample.measurement(), found)) {
                    latest.put(sample.series(), new LatestValue(sample.at(), sample.measurement()));
                }
            }
        }
    }
}
