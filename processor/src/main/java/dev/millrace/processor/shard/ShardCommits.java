package dev.millrace.processor.shard;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.task.Waits;
import java.util.List;
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

    /**
     * The most that commit together first: whoever takes a shard over shows soon that it is read, and not after all has been loaded that
     * came since.
     */
    private static final int FIRST = 100;

    private final String shardId;
    private final ShardLoop.Ports ports;
    private final Availability postgresql;
    private final ShardDetector detector;
    private final BatchFeeder feeder;
    private final LatestWrites latestWrites;
    private final ShardMeter meter;
    private final Waits waits;
    private int most = FIRST;
    private OptionalLong streamTime = OptionalLong.empty();
    private long millisBehind;
    private int failures;
    private boolean outcomeUnknown;
    private long lastCommit;
    private long lastAttempt;

    ShardCommits(
            String shardId,
            ShardLoop.Ports ports,
            Availability postgresql,
            ShardDetector detector,
            ShardMeter meter,
            Waits waits) {
        this.shardId = shardId;
        this.ports = ports;
        this.postgresql = postgresql;
        this.detector = detector;
        this.feeder = new BatchFeeder(detector);
        this.latestWrites = new LatestWrites(ports.latest(), waits.nanos());
        this.meter = meter;
        this.waits = waits;
        this.lastCommit = waits.nanos();
        this.lastAttempt = lastCommit;
    }

    /** The shard goes on from a state that was read: what became of a commit is known by it. */
    void begin(ShardState state) {
        outcomeUnknown = false;
        streamTime = state.streamTime();
    }

    /** Something else than a commit failed. */
    void failed() {
        failures++;
    }

    /** Something could not be read from the store. */
    void failed(String reason) {
        unavailable(reason);
    }

    /** Feeds again what is stored; {@link BatchFeeder#refeed}. */
    Loaded<OptionalLong> refeed(List<Batch.Item> items, OptionalLong time) {
        return feeder.refeed(items, time);
    }

    /** The most items that are to commit together. */
    int most() {
        return most;
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
        streamTime = BatchFeeder.later(streamTime, micros);
    }

    /** Whether series must be looked at though nothing arrives. */
    boolean isDue() {
        return detector.isDue(streamTime) || detector.hasUnfed(waits.nanos());
    }

    /** A commit of nothing shows that the shard is being read, and writes down what is due for it. */
    Optional<Progress> beat(Progress from) {
        return store(from, Batch.none(from.position()), Optional.empty(), false);
    }

    /** Before a shard is given up: where one commit writes all states down, nobody has to feed anything again. */
    void writeLast(Progress from) {
        if (detector.dirty() > 0 && detector.isSoonClean()) {
            writeSome(from);
        }
    }

    private Optional<Progress> writeSome(Progress from) {
        return store(from, Batch.none(from.position()), Optional.empty(), false, SnapshotChoice.Writing.ALL);
    }

    /** Writes down what the detector knows, in as many commits as that takes. */
    private Optional<Progress> writeAll(Progress from) {
        Optional<Progress> progress = Optional.of(from);
        while (progress.isPresent() && detector.dirty() > 0) {
            progress = writeSome(progress.get());
        }
        return progress;
    }

    /** Other rules are in force from here on, unless a stop comes first. */
    Optional<Progress> use(RuleSet rules, Progress from) {
        Optional<Progress> written = Optional.of(from);
        while (written.isPresent() && detector.dirty() > 0 && !waits.stopRequested()) {
            written = writeSome(written.get());
        }
        if (written.isEmpty() || detector.dirty() > 0) {
            return written;
        }
        Optional<String> problem = detector.loadWatched();
        if (problem.isPresent()) {
            unavailable(problem.get());
            return Optional.empty();
        }
        // what is silent by now is so by the rules so far
        while (written.isPresent() && isDue() && !waits.stopRequested()) {
            written = beat(written.get());
        }
        if (written.isEmpty() || isDue()) {
            return written;
        }
        detector.use(rules);
        return beat(written.get());
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
        return store(from, batch, gap, last, SnapshotChoice.Writing.PACED);
    }

    private Optional<Progress> store(
            Progress from, Batch batch, Optional<Gap> gap, boolean last, SnapshotChoice.Writing writing) {
        if (batch.items().size() > most) {
            return storeHalves(from, batch, gap, last);
        }
        return switch (commit(from, batch, gap, last, writing)) {
            case CommitResult.Committed _ -> {
                Optional<Progress> stored = detector.progress();
                // where its series were too many to be written down with the last batch, the end comes after them
                yield last && stored.isPresent() && !stored.get().closed() ? end(stored.get()) : stored;
            }
            case CommitResult.Fenced _, CommitResult.Unavailable _ -> Optional.empty();
            case CommitResult.Refused(String sqlState, String reason) ->
                isolate(from, batch, gap, last, sqlState, reason);
        };
    }

    private Optional<Progress> end(Progress from) {
        return writeAll(from)
                .flatMap(progress -> store(progress, Batch.none(progress.position()), Optional.empty(), true));
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

    /** From commit to commit, however long they take. */
    private SnapshotChoice.Span span() {
        SnapshotChoice.Span span = new SnapshotChoice.Span(lastAttempt, waits.nanos());
        lastAttempt = span.now();
        return span;
    }

    private CommitResult commit(
            Progress from, Batch batch, Optional<Gap> gap, boolean last, SnapshotChoice.Writing writing) {
        Loaded<BatchFeeder.Fed> fed = feeder.feed(
                new BatchFeeder.Step(from, batch, streamTime, ports.latest().settledTo(), gap, last, writing, span()));
        CommitResult result =
                switch (fed) {
                    case Loaded.Unavailable<BatchFeeder.Fed>(String reason) -> {
                        detector.takeBack();
                        yield new CommitResult.Unavailable(reason);
                    }
                    case Loaded.Found(BatchFeeder.Fed ready) -> {
                        outcomeUnknown = true;
                        detector.sending();
                        CommitResult outcome = ports.store().commit(from, ready.work());
                        switch (outcome) {
                            case CommitResult.Committed(int rows) -> {
                                detector.committed(waits.nanos());
                                // not before it is stored: a half of a batch must not tell that all of it was read
                                streamTime = ready.work().streamTime();
                                meter.committed(batch, ready.work(), rows);
                                latestWrites.add(batch, ready.latest(), millisBehind, waits.nanos());
                            }
                            case CommitResult.Fenced _, CommitResult.Refused _ -> detector.refused();
                            case CommitResult.Unavailable _ -> {
                                // the state, read again, tells what became of it
                            }
                        }
                        yield outcome;
                    }
                };
        switch (result) {
            case CommitResult.Committed _ -> {
                most = Math.min(MOST, 2 * most);
                failures = 0;
                outcomeUnknown = false;
                lastCommit = waits.nanos();
                meter.remembered(shardId, detector.size(), detector.dirty());
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
