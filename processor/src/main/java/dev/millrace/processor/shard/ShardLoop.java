package dev.millrace.processor.shard;

import dev.millrace.core.lifecycle.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.Sample;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a shard to its end: position → records → batch → detector → commit → latest values, and again.
 *
 * <pre>
 *            ┌────────── position is not ours, or the store was away ──────────┐
 *            ▼                                                                 │
 *   load the position ──▶ read on ──▶ decode ──▶ feed ──▶ commit ──▶ Redis ────┤
 *            │               ▲                                │                │
 *         closed             └──── position moved on ◀────────┘        stop or shard end
 *            └──────────────────────────▶ over ◀───────────────────────────────┘
 * </pre>
 *
 * What is in memory is never ahead of what is stored for longer than a batch: after a commit that did not succeed all of it is
 * thrown away and the stored position decides. So a repeated or doubtful commit costs time, never data.
 */
public final class ShardLoop {

    private static final Logger LOG = LoggerFactory.getLogger(ShardLoop.class);

    /** A shard gives 5 reads a second to all its readers together; we take 4 at most. */
    static final long READ_INTERVAL_MILLIS = 250;

    /** Between reads of a shard that has been empty for a while. */
    static final long IDLE_INTERVAL_MILLIS = 500;

    private static final int EMPTY_READS_BEFORE_IDLE = 4;
    private static final int THROTTLED_READS_BEFORE_OUTAGE = 10;
    private static final int MAX_SERIES = 200_000;

    /** What failed is tried again soon, and less and less often. */
    private static final Retry RETRY = new Retry(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** How a loop has ended. */
    public enum End {
        STOPPED,
        READ_OUT
    }

    private enum Followed {
        STOPPED,
        READ_OUT,
        POSITION_UNSURE
    }

    /** What a loop reads from and writes to. */
    public record Ports(ShardReader reader, ShardStore store, LatestValues latest) {}

    /** Those whose outages a loop tells. */
    public record Availabilities(Availability kinesis, Availability postgresql) {}

    private final String shardId;
    private final Ports ports;
    private final Availabilities availabilities;
    private final BatchDecoder decoder;
    private final Detector detector;
    private final ShardMeter meter;
    private final Waits waits;
    private final RandomGenerator random;
    private final SeriesMemory memory = new SeriesMemory(MAX_SERIES);
    private int failedCommits;
    private long lastRead;

    public ShardLoop(
            String shardId,
            Ports ports,
            Availabilities availabilities,
            BatchDecoder decoder,
            Detector detector,
            ShardMeter meter,
            Waits waits,
            RandomGenerator random) {
        this.shardId = shardId;
        this.ports = ports;
        this.availabilities = availabilities;
        this.decoder = decoder;
        this.detector = detector;
        this.meter = meter;
        this.waits = waits;
        this.random = random;
        this.lastRead = waits.nanos() - TimeUnit.MILLISECONDS.toNanos(READ_INTERVAL_MILLIS);
    }

    /** Runs until the shard's end or a stop. The batch in hand is committed first. */
    public End run() {
        try {
            while (true) {
                Followed followed = attempt();
                switch (followed) {
                    case STOPPED -> {
                        return End.STOPPED;
                    }
                    case READ_OUT -> {
                        return End.READ_OUT;
                    }
                    case POSITION_UNSURE -> waits.pause(RETRY.delayMillis(Math.max(1, failedCommits), random));
                }
            }
        } finally {
            ports.store().close();
            availabilities.kinesis().forget(shardId);
            availabilities.postgresql().forget(shardId);
            meter.left(shardId);
        }
    }

    private Followed attempt() {
        try {
            memory.clear();
            Optional<Progress> progress = progress();
            if (progress.isEmpty()) {
                return Followed.STOPPED;
            }
            if (progress.get().closed()) {
                return Followed.READ_OUT;
            }
            ports.reader().seek(progress.get().position().sequenceNumber());
            return follow(progress.get());
        } catch (RuntimeException e) {
            // a fault of ours; standing still in silence would be the worst answer to it
            failedCommits++;
            LOG.error("Shard {}: reading goes on from the stored position after a fault", shardId, e);
            return Followed.POSITION_UNSURE;
        }
    }

    /** The stored position; nothing where a stop comes first. */
    private Optional<Progress> progress() {
        for (int failures = 1; !waits.stopRequested(); failures++) {
            switch (ports.store().progress()) {
                case Loaded.Found(Progress progress) -> {
                    if (failedCommits == 0) {
                        availabilities.postgresql().worked(shardId);
                    }
                    return Optional.of(progress);
                }
                case Loaded.Unavailable<Progress>(String reason) -> {
                    availabilities.postgresql().failed(shardId, reason);
                    waits.pause(RETRY.delayMillis(failures, random));
                }
            }
        }
        return Optional.empty();
    }

    private Followed follow(Progress start) {
        Progress progress = start;
        int failures = 0;
        int empty = 0;
        while (!waits.stopRequested()) {
            awaitTurn(empty > EMPTY_READS_BEFORE_IDLE ? IDLE_INTERVAL_MILLIS : READ_INTERVAL_MILLIS);
            if (waits.stopRequested()) {
                break;
            }
            switch (ports.reader().read()) {
                case ShardRead.Throttled(String reason) -> {
                    // part of a shard's life, unless there is no end to it
                    if (++failures >= THROTTLED_READS_BEFORE_OUTAGE) {
                        availabilities.kinesis().failed(shardId, reason);
                    }
                    waits.pause(RETRY.delayMillis(failures, random));
                }
                case ShardRead.Failed(String reason) -> {
                    availabilities.kinesis().failed(shardId, reason);
                    waits.pause(RETRY.delayMillis(++failures, random));
                }
                case ShardRead.Records read -> {
                    availabilities.kinesis().worked(shardId);
                    failures = 0;
                    empty = read.records().isEmpty() && read.millisBehind() == 0 ? empty + 1 : 0;
                    Iterator<ShardRecord> records = read.records().iterator();
                    while (records.hasNext()) {
                        if (waits.stopRequested()) {
                            return Followed.STOPPED;
                        }
                        Batch batch = decoder.next(records);
                        Optional<Progress> moved = store(progress, batch, read.atEnd() && !records.hasNext());
                        if (moved.isEmpty()) {
                            return Followed.POSITION_UNSURE;
                        }
                        progress = moved.get();
                    }
                    if (read.atEnd()) {
                        return progress.closed() || closes(progress) ? Followed.READ_OUT : Followed.POSITION_UNSURE;
                    }
                    meter.caughtUp(shardId, read.millisBehind());
                    ports.latest().tend();
                }
            }
        }
        return Followed.STOPPED;
    }

    /** Keeps reads apart by the interval, counted from the start of the one before. */
    private void awaitTurn(long intervalMillis) {
        long left = lastRead + TimeUnit.MILLISECONDS.toNanos(intervalMillis) - waits.nanos();
        waits.pause(Math.ceilDiv(left, 1_000_000L));
        lastRead = waits.nanos();
    }

    private boolean closes(Progress progress) {
        return store(progress, Batch.none(progress.position()), true).isPresent();
    }

    /** Stores a batch and answers where the shard then stands; nothing where only the stored position can tell. */
    private Optional<Progress> store(Progress from, Batch batch, boolean last) {
        Set<SeriesId> ids = new HashSet<>();
        batch.samples().forEach(sample -> ids.add(sample.series()));
        Set<SeriesId> missing = memory.missing(ids);
        if (!missing.isEmpty()) {
            switch (ports.store().series(missing)) {
                case Loaded.Found(Map<SeriesId, SeriesState> states) -> memory.load(missing, states);
                case Loaded.Unavailable<Map<SeriesId, SeriesState>>(String reason) -> {
                    return unavailable(reason);
                }
            }
        }
        Map<SeriesId, LatestValue> latest = new HashMap<>();
        Work work = feed(batch, last, latest);
        return commit(from, batch, work, bySensor(latest));
    }

    private Optional<Progress> commit(Progress from, Batch batch, Work work, Map<String, List<LatestValue>> latest) {
        boolean told = false;
        try {
            return switch (ports.store().commit(from, work)) {
                case CommitResult.Committed(int rows) -> {
                    failedCommits = 0;
                    availabilities.postgresql().worked(shardId);
                    memory.trim();
                    meter.committed(batch, work, rows);
                    ports.latest().update(latest);
                    told = true;
                    yield Optional.of(from.at(work.position(), work.closed()));
                }
                case CommitResult.Fenced _ -> {
                    failedCommits++;
                    meter.fenced();
                    LOG.info("Shard {}: someone else has committed; going on from where they stand", shardId);
                    yield Optional.empty();
                }
                case CommitResult.Unavailable(String reason) -> unavailable(reason);
            };
        } finally {
            if (!told) {
                // it may be stored all the same, and then the position, read again, is past it: nothing else would tell
                // the cache. It asks the database only after that position was read.
                ports.latest().doubt(latest.keySet());
            }
        }
    }

    private Optional<Progress> unavailable(String reason) {
        failedCommits++;
        availabilities.postgresql().failed(shardId, reason);
        return Optional.empty();
    }

    /** The work of a batch; {@code latest} gets the last value fed of each series. */
    private Work feed(Batch batch, boolean last, Map<SeriesId, LatestValue> latest) {
        Detection detection = new Detection();
        Set<Identity> identities = HashSet.newHashSet(batch.samples().size());
        List<Sample> unique = new ArrayList<>(batch.samples().size());
        for (Sample sample : batch.samples()) {
            // for one identity the first in the stream stays, be it a number or a text
            if (!identities.add(new Identity(sample.series(), sample.at()))) {
                continue;
            }
            unique.add(sample);
            Detector.Series series = memory.get(sample.series());
            if (detector.feed(sample.series(), series, sample.at(), sample.measurement(), detection)) {
                latest.put(sample.series(), new LatestValue(sample.at(), sample.measurement()));
            }
        }
        return new Work(
                batch.position(),
                batch.records() == 0 ? OptionalLong.empty() : OptionalLong.of(batch.arrivedAt()),
                last,
                batch.userRecords(),
                unique,
                batch.deadLetters(),
                batch.seen(),
                detection);
    }

    private record Identity(SeriesId series, long at) {}

    private static Map<String, List<LatestValue>> bySensor(Map<SeriesId, LatestValue> latest) {
        Map<String, List<LatestValue>> bySensor = new HashMap<>();
        latest.forEach((series, value) -> bySensor.computeIfAbsent(series.sensorId(), _ -> new ArrayList<>())
                .add(value));
        return bySensor;
    }
}
