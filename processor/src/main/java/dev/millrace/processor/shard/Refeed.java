package dev.millrace.processor.shard;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Mark;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a detector's memory to the committed position: feeds it the stream again from the place up to which everything is in the snapshots. What
 * it finds on the way is stored already. Nothing else is touched: neither rows nor latest values.
 */
final class Refeed {

    private static final Logger LOG = LoggerFactory.getLogger(Refeed.class);

    private static final Retry RETRY = new Retry(Duration.ofMillis(100), Duration.ofSeconds(5));

    /**
     * The most that reading again may take, waits for what is away not counted. About a minute's worth of the stream is unwritten at most; it
     * is more only where an earlier version of the processor has read the shard meanwhile.
     */
    private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(2);

    /** How it went. */
    enum Outcome {
        DONE,
        STOPPED,
        /** Only the stored state can tell how to go on. */
        UNSURE
    }

    private final ShardLoop.Claim claim;
    private final ShardReader reader;
    private final ShardStore store;
    private final Availability kinesis;
    private final BatchDecoder decoder;
    private final ShardDetector detector;
    private final ShardCommits commits;
    private final ShardMeter meter;
    private final ReadTurns turns;
    private final Waits waits;
    private final RandomGenerator random;
    private Set<Position> unstorable = Set.of();
    private Mark at = Mark.START;
    private Progress progress;
    private long spent;
    private int failures;

    Refeed(
            ShardState state,
            ShardLoop.Claim claim,
            ShardReader reader,
            ShardStore store,
            Availability kinesis,
            BatchDecoder decoder,
            ShardDetector detector,
            ShardCommits commits,
            ShardMeter meter,
            ReadTurns turns,
            Waits waits,
            RandomGenerator random) {
        this.progress = state.progress();
        this.claim = claim;
        this.reader = reader;
        this.store = store;
        this.kinesis = kinesis;
        this.decoder = decoder;
        this.detector = detector;
        this.commits = commits;
        this.meter = meter;
        this.turns = turns;
        this.waits = waits;
        this.random = random;
    }

    Outcome run(ShardState state) {
        Outcome outcome = bringUp(state);
        if (outcome == Outcome.DONE) {
            detector.upToDate();
        }
        return outcome;
    }

    private Outcome bringUp(ShardState state) {
        Optional<Mark> mark = state.detector().mark();
        if (mark.isEmpty()) {
            if (!progress.position().equals(Position.START)) {
                LOG.info(
                        "Shard {}: nothing is known of its detector's state before {}, as after an update",
                        claim.shardId(),
                        progress.position().sequenceNumber());
            }
            return Outcome.DONE;
        }
        if (!progress.position().isBehind(mark.get().position())) {
            return Outcome.DONE;
        }
        switch (store.unstorable(mark.get().position(), progress.position())) {
            case Loaded.Unavailable<Set<Position>>(String reason) -> {
                commits.failed(reason);
                return Outcome.UNSURE;
            }
            case Loaded.Found(Set<Position> places) -> unstorable = places;
        }
        at = mark.get();
        detector.refeeding(at);
        reader.seek(start(state));
        return follow();
    }

    private ReadFrom start(ShardState state) {
        if (!at.position().equals(Position.START)) {
            return new ReadFrom.Resume(at.position());
        }
        return state.startAt().isPresent() ? new ReadFrom.At(state.startAt().getAsLong()) : new ReadFrom.TrimHorizon();
    }

    private Outcome follow() {
        Position start = at.position();
        boolean first = !start.equals(Position.START);
        while (spent < MOST_NANOS) {
            if (waits.stopRequested()) {
                return Outcome.STOPPED;
            }
            long begun = waits.nanos();
            if (!reader.waitsForRecords()) {
                turns.await(ReadTurns.INTERVAL_MILLIS);
            }
            switch (reader.read()) {
                case ShardRead.Waiting _ -> {}
                case ShardRead.PlaceLost _ -> {
                    return trimmed();
                }
                case ShardRead.Throttled _ -> pause(RETRY.delayMillis(++failures, random));
                case ShardRead.Failed(String reason) -> {
                    kinesis.failed(claim.shardId(), reason);
                    pause(RETRY.delayMillis(++failures, random));
                }
                case ShardRead.Records read -> {
                    kinesis.worked(claim.shardId());
                    failures = 0;
                    List<ShardRecord> records = read.records();
                    if (records.isEmpty() && (read.millisBehind() == 0 || read.atEnd())) {
                        return trimmed();
                    }
                    if (first && !records.isEmpty()) {
                        first = false;
                        if (!records.getFirst().sequenceNumber().equals(start.sequenceNumber())) {
                            return trimmed();
                        }
                    }
                    if (!feed(records.iterator())) {
                        return Outcome.UNSURE;
                    }
                    if (!progress.position().isBehind(at.position())) {
                        return Outcome.DONE;
                    }
                    if (read.atEnd()) {
                        return trimmed();
                    }
                    spent += waits.nanos() - begun;
                }
            }
            if (!beatIfDue()) {
                return Outcome.UNSURE;
            }
        }
        LOG.warn(
                "Shard {}: feeding its detector again takes too long, and is broken off at {}: anomalies of the time until {} may be"
                        + " told wrongly",
                claim.shardId(),
                at.position().sequenceNumber(),
                progress.position().sequenceNumber());
        return Outcome.DONE;
    }

    /** Retention has taken what is missing: the states are as old as they are. */
    private Outcome trimmed() {
        LOG.warn(
                "Shard {}: records behind {} are gone that its detector has not seen: anomalies of the time until {} may be told wrongly",
                claim.shardId(),
                at.position().sequenceNumber(),
                progress.position().sequenceNumber());
        return Outcome.DONE;
    }

    /** Feeds records up to the committed position; false where that must be broken off. */
    private boolean feed(Iterator<ShardRecord> records) {
        while (records.hasNext() && progress.position().isBehind(at.position())) {
            Batch batch = decoder.next(records, at.position(), BatchDecoder.FULL);
            List<Batch.Item> items = batch.items().stream()
                    .filter(item -> !item.position().isBehind(progress.position()))
                    .filter(item -> !unstorable.contains(item.position()))
                    .toList();
            switch (detectorFed(items)) {
                case Loaded.Unavailable<OptionalLong>(String reason) -> {
                    detector.takeBack();
                    commits.failed(reason);
                    return false;
                }
                case Loaded.Found(OptionalLong streamTime) -> {
                    OptionalLong time = batch.position().isBehind(progress.position())
                            ? streamTime
                            : BatchFeeder.later(streamTime, batch.arrivedTo());
                    Mark next = new Mark(batch.position(), time);
                    detector.refed(at, next, waits.nanos());
                    at = next;
                    meter.refed(items.size());
                }
            }
            if (detector.isOverfull() && !beat()) {
                return false;
            }
            if (!beatIfDue()) {
                return false;
            }
        }
        return true;
    }

    private Loaded<OptionalLong> detectorFed(List<Batch.Item> items) {
        return commits.refeed(items, at.streamTime());
    }

    private boolean beatIfDue() {
        return waits.nanos() - commits.lastCommit() < claim.heartbeatNanos() || beat();
    }

    /** Shows that the shard is being read, and writes down some of the states. */
    private boolean beat() {
        Optional<Progress> beaten = commits.beat(progress);
        beaten.ifPresent(next -> progress = next);
        return beaten.isPresent();
    }

    private void pause(long millis) {
        long left = commits.lastCommit() + claim.heartbeatNanos() - waits.nanos();
        waits.pause(Math.min(millis, Math.max(0, Math.ceilDiv(left, 1_000_000L))));
    }
}
