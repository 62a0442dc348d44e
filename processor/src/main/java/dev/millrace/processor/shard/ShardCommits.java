package dev.millrace.processor.shard;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.task.Waits;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The storing half of a {@link ShardLoop}: feeds batches, commits them, and keeps count of how that went. For its thread. */
final class ShardCommits {

    private static final Logger LOG = LoggerFactory.getLogger(ShardCommits.class);

    /**
     * The most items that commit together, after a while in which none failed. A record of a foreign producer may hold many times as
     * many.
     */
    static final int MOST = BatchDecoder.FULL;

    private final String shardId;
    private final ShardLoop.Ports ports;
    private final Availability postgresql;
    private final BatchFeeder feeder;
    private final LatestWrites latestWrites;
    private final ShardMeter meter;
    private final Waits waits;
    private int most = MOST;
    private OptionalLong streamTime = OptionalLong.empty();
    private long millisBehind;
    private int failures;
    private boolean outcomeUnknown;
    private long lastCommit;

    ShardCommits(
            String shardId,
            ShardLoop.Ports ports,
            Availability postgresql,
            Detector detector,
            ShardMeter meter,
            Waits waits) {
        this.shardId = shardId;
        this.ports = ports;
        this.postgresql = postgresql;
        this.feeder = new BatchFeeder(detector, ports.store(), ports.series()::capacity);
        this.latestWrites = new LatestWrites(ports.latest(), waits.nanos());
        this.meter = meter;
        this.waits = waits;
        this.lastCommit = waits.nanos();
    }

    /** The shard goes on from a state that was read: what became of a commit is known by it. */
    void begin(ShardState state) {
        outcomeUnknown = false;
        streamTime = state.streamTime();
    }

    /** What is in memory may be ahead of what is stored, and goes. */
    void forget() {
        feeder.forget();
    }

    /** Something else than a commit failed. */
    void failed() {
        failures++;
    }

    /** How often in a row something failed, since the last commit. */
    int failures() {
        return failures;
    }

    /** Whether a commit may have happened of which this process does not know. */
    boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    /** When something was committed last, nanoseconds. */
    long lastCommit() {
        return lastCommit;
    }

    /** What is stored next was so far behind the tip, milliseconds. */
    void isBehind(long millis) {
        millisBehind = millis;
    }

    /** All that arrived before is stored, microseconds since 1970. */
    void readTo(long micros) {
        streamTime = later(micros);
    }

    private OptionalLong later(long micros) {
        return OptionalLong.of(Math.max(micros, streamTime.orElse(micros)));
    }

    /** Brings to the latest values what has waited for that long enough. */
    void writeLatestIfDue() {
        latestWrites.writeIfDue(waits.nanos());
    }

    /** Brings to the latest values what waits for that. */
    void writeLatest() {
        latestWrites.write(waits.nanos());
    }

    /**
     * Stores a batch and answers where the shard then stands; nothing where only the stored state can tell. What the database
     * refuses for what it is becomes a dead letter: it is searched by halving, and the halves commit one by one.
     */
    Optional<Progress> store(Progress from, Batch batch, Optional<Gap> gap, boolean last) {
        if (batch.items().size() > most) {
            return storeHalves(from, batch, gap, last);
        }
        return switch (commit(from, batch, gap, last)) {
            case CommitResult.Committed _ -> Optional.of(from.at(batch.position(), last));
            case CommitResult.Fenced _, CommitResult.Unavailable _ -> Optional.empty();
            case CommitResult.Refused(String sqlState, String reason) -> {
                // what was fed is not stored
                feeder.forget();
                yield isolate(from, batch, gap, last, sqlState, reason);
            }
        };
    }

    private Optional<Progress> storeHalves(Progress from, Batch batch, Optional<Gap> gap, boolean last) {
        return store(from, batch.firstHalf(), gap, false)
                .flatMap(between -> store(between, batch.secondHalf(), Optional.empty(), last));
    }

    private Optional<Progress> isolate(
            Progress from, Batch batch, Optional<Gap> gap, boolean last, String sqlState, String reason) {
        if (batch.items().size() > 1) {
            return storeHalves(from, batch, gap, last);
        }
        Optional<Batch.Item> lesser =
                batch.items().stream().findFirst().flatMap(item -> Unstorable.lesser(item, sqlState));
        if (lesser.isEmpty()) {
            // not even a note of it can be stored, or a batch of nothing was refused: as good as away
            LOG.error("Shard {}: the database refuses what it must take: {}", shardId, reason);
            unavailable(reason);
            return Optional.empty();
        }
        LOG.warn("Shard {}: the database refuses a reading, which goes to dead_letter: {}", shardId, reason);
        return store(from, batch.withOnly(lesser.get()), gap, last);
    }

    private CommitResult commit(Progress from, Batch batch, Optional<Gap> gap, boolean last) {
        // not before it is stored: a half of a batch must not tell that all of it was read
        OptionalLong readTo = batch.isNone() ? streamTime : later(batch.arrivedTo());
        Loaded<BatchFeeder.Fed> fed = feeder.feed(batch, readTo, ports.latest().settledTo(), gap, last);
        CommitResult result =
                switch (fed) {
                    case Loaded.Unavailable<BatchFeeder.Fed>(String reason) -> new CommitResult.Unavailable(reason);
                    case Loaded.Found(BatchFeeder.Fed ready) -> {
                        outcomeUnknown = true;
                        CommitResult outcome = ports.store().commit(from, ready.work());
                        if (outcome instanceof CommitResult.Committed(int rows)) {
                            feeder.committed();
                            meter.committed(batch, ready.work(), rows);
                            latestWrites.add(batch, ready.latest(), millisBehind, waits.nanos());
                        }
                        yield outcome;
                    }
                };
        switch (result) {
            case CommitResult.Committed _ -> {
                most = Math.min(MOST, 2 * most);
                streamTime = readTo;
                failures = 0;
                outcomeUnknown = false;
                lastCommit = waits.nanos();
                postgresql.worked(shardId);
            }
            case CommitResult.Fenced _ -> {
                failures++;
                outcomeUnknown = false;
                meter.fenced();
                LOG.info(
                        "Shard {}: the stored position or epoch is another than was known; going on from what is stored",
                        shardId);
            }
            case CommitResult.Refused _ -> outcomeUnknown = false;
            case CommitResult.Unavailable(String reason) -> {
                if (!batch.isNone()) {
                    // the same again may take as long again, where it ran out of time
                    most = Math.max(1, Math.min(most, batch.items().size()) / 2);
                }
                unavailable(reason);
            }
        }
        return result;
    }

    private void unavailable(String reason) {
        failures++;
        postgresql.failed(shardId, reason);
    }
}
