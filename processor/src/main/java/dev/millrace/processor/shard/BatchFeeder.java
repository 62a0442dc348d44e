package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.Seen;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * Makes of a batch the work that commits: feeds its values to the detector, each series from the state that is stored. For
 * one identity the first value in the stream stays, be it a number or a text.
 */
final class BatchFeeder {

    private final Detector detector;
    private final ShardStore store;
    private final SeriesMemory memory;

    /**
     * A batch's work.
     *
     * @param latest the last value that was fed of each series
     */
    record Fed(Work work, Map<SeriesId, LatestValue> latest) {}

    private record Identity(SeriesId series, long at) {}

    /** @param capacity how many series are remembered from batch to batch */
    BatchFeeder(Detector detector, ShardStore store, IntSupplier capacity) {
        this.memory = new SeriesMemory(capacity);
        this.detector = detector;
        this.store = store;
    }

    /** What was fed is not stored, or nobody knows: the states of all series are loaded anew. */
    void forget() {
        memory.clear();
    }

    /** What was fed is stored. */
    void committed() {
        memory.trim();
    }

    /** Feeds a batch; after it either {@link #committed} or {@link #forget} is to be called. */
    Loaded<Fed> feed(Batch batch, OptionalLong streamTime, OptionalLong cachedTo, Optional<Gap> gap, boolean last) {
        Values values = new Values();
        for (Batch.Item item : batch.items()) {
            switch (item) {
                case Batch.Accepted(var _, long arrivedAt, var _, Reading reading) -> values.add(reading, arrivedAt);
                case Batch.Refused(DeadLetter letter) -> values.deadLetters.add(letter);
            }
        }
        Set<SeriesId> missing = memory.missing(values.series);
        if (!missing.isEmpty()) {
            switch (store.series(missing)) {
                case Loaded.Found(Map<SeriesId, SeriesState> states) -> memory.load(missing, states);
                case Loaded.Unavailable<Map<SeriesId, SeriesState>>(String reason) -> {
                    return new Loaded.Unavailable<>(reason);
                }
            }
        }
        Map<SeriesId, LatestValue> latest = new HashMap<>();
        Detection detection = new Detection();
        for (Sample sample : values.unique) {
            Detector.Series series = memory.get(sample.series());
            if (detector.feed(sample.series(), series, sample.at(), sample.measurement(), detection)) {
                latest.put(sample.series(), new LatestValue(sample.at(), sample.measurement()));
            }
        }
        Work work = new Work(
                batch.position(),
                batch.isNone() ? OptionalLong.empty() : OptionalLong.of(batch.arrivedTo()),
                streamTime,
                cachedTo,
                last,
                batch.items().size(),
                values.unique,
                values.deadLetters,
                values.seen,
                detection,
                gap);
        return new Loaded.Found<>(new Fed(work, latest));
    }

    private final class Values {

        private final Set<SeriesId> series = new HashSet<>();
        private final Set<Identity> identities = new HashSet<>();
        private final List<Sample> unique = new ArrayList<>();
        private final List<DeadLetter> deadLetters = new ArrayList<>();
        private final Map<String, Seen> seen = new HashMap<>();

        void add(Reading reading, long arrivedAt) {
            seen.merge(reading.sensorId(), new Seen(arrivedAt, arrivedAt), (before, _) -> before.with(arrivedAt));
            for (Measurement measurement : reading.measurements()) {
                SeriesId id = memory.canonical(new SeriesId(reading.sensorId(), measurement.name()));
                series.add(id);
                if (identities.add(new Identity(id, reading.timestamp()))) {
                    unique.add(new Sample(id, reading.timestamp(), measurement));
                }
            }
        }
    }
}
