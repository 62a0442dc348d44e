package dev.millrace.processor.shard;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.SeriesShares;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a shard that this process has taken, to its end or until it is given up or lost: position → records → batch →
 * detector → commit → latest values, and again.
 *
 * <pre>
 *            ┌──────────── the store was away, or the position is another ─────────────┐
 *            ▼                                                                         │
 *   load the state ──▶ feed again, where the memory does not belong to it              │
 *            │            ▼                                                            │
 *            │         read on ──▶ decode ──▶ feed ──▶ commit ──▶ latest values ───────┤
 *            │            ▲                               │                            │
 *     closed │            └─────── position moved on ◀────┘            stop or shard end
 *     another's epoch                                                                  │
 *            └───────────────────────────▶ over ◀──────────────────────────────────────┘
 * </pre>
 *
 * What is in memory is never ahead of what is stored for longer than a batch: after a commit that did not succeed the stored
 * state decides what becomes of it. So a repeated or doubtful commit costs time, never data.
 */
public final class ShardLoop {

    private static final Logger LOG = LoggerFactory.getLogger(ShardLoop.class);

    static final long READ_INTERVAL_MILLIS = ReadTurns.INTERVAL_MILLIS;

    /** Between reads of a shard that has been empty for a while. */
    static final long IDLE_INTERVAL_MILLIS = 500;

    private static final int EMPTY_READS_BEFORE_IDLE = 4;
    private static final int THROTTLED_READS_BEFORE_OUTAGE = 10;
    private static final int RELEASE_ATTEMPTS = 3;

    /** What has arrived may be told a little later than it has: an empty answer speaks for the time before this. */
    private static final long ANSWER_MARGIN_MICROS = TimeUnit.SECONDS.toMicros(5);

    /** What failed is tried again soon, and less and less often. */
    private static final Retry RETRY = new Retry(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** How a loop has ended. */
    public enum End {
        /** It was asked to, and the shard is free for others where the store could be told. */
        GIVEN_UP,
        /** The shard has ended, and all of it is committed. */
        READ_OUT,
        /** Another process has taken the shard. */
        FENCED
    }

    private enum Followed {
        STOPPED,
        READ_OUT,
        POSITION_UNSURE
    }

    /**
     * What a loop reads from and writes to; it closes them.
     *
     * @param series how many it may remember
     */
    public record Ports(ShardReader reader, ShardStore store, LatestValues latest, SeriesShares.Share series) {}

    /** Those whose outages a loop tells. */
    public record Availabilities(Availability kinesis, Availability postgresql) {}

    /** By which rules it looks for anomalies, and how fast it writes down what it knows for that. */
    public record Detection(Rules rules, SnapshotPace pace) {}

    /**
     * What a loop is to read.
     *
     * @param range the hash keys of the shard
     * @param epoch at which this process has taken the shard
     * @param cachedTo what its parents' sensors had that arrived since may be lacking in the cache, microseconds since 1970;
     *     empty where it has none
     * @param retentionMicros how long the stream keeps records, microseconds
     * @param heartbeatNanos after which a commit of nothing shows that the shard is being read
     */
    public record Claim(
            String shardId,
            HashKeyRange range,
            long epoch,
            OptionalLong cachedTo,
            long retentionMicros,
            long heartbeatNanos) {}

    private final Claim claim;
    private final String shardId;
    private final Ports ports;
    private final Availabilities availabilities;
    private final BatchDecoder decoder;
    private final Rules rules;
    private final ShardDetector detector;
    private final ShardCommits commits;
    private final TakeOver takeOver;
    private final ReadTurns turns;
    private final ShardMeter meter;
    private final Waits waits;
    private final RandomGenerator random;
    private Resumption resumption = Resumption.NONE;

    public ShardLoop(
            Claim claim,
            Ports ports,
            Availabilities availabilities,
            BatchDecoder decoder,
            Detection detection,
            ShardMeter meter,
            Waits waits,
            RandomGenerator random) {
        this.claim = claim;
        this.shardId = claim.shardId();
        this.ports = ports;
        this.availabilities = availabilities;
        this.decoder = decoder;
        this.rules = detection.rules();
        this.detector =
                new ShardDetector(ports.store(), claim.range(), detection.pace(), ports.series()::capacity, meter);
        this.commits = new ShardCommits(shardId, ports, availabilities.postgresql(), detector, meter, waits);
        this.takeOver = new TakeOver(rules, ports.store(), detector, commits, ports.series(), waits, this::refeed);
        this.turns = new ReadTurns(waits);
        this.meter = meter;
        this.waits = waits;
        this.random = random;
    }

    /** Runs until the shard's end, a stop, or until another process has taken the shard. The batch in hand is committed first. */
    public End run() {
        try {
            while (true) {
                Optional<End> end = attempt();
                if (end.isPresent()) {
                    return end.get();
                }
                waits.pause(RETRY.delayMillis(Math.max(1, commits.failures()), random));
            }
        } finally {
            end();
        }
    }

    private void end() {
        try {
            commits.writeLatest();
        } finally {
            ports.reader().close();
            ports.store().close();
            ports.latest().end();
            ports.series().close();
            availabilities.kinesis().forget(shardId);
            availabilities.postgresql().forget(shardId);
            meter.left(shardId);
        }
    }

    private Optional<End> attempt() {
        try {
            // what has committed must not wait for the store to be there again
            commits.writeLatest();
            Optional<ShardState> loaded = state();
            if (loaded.isEmpty()) {
                return Optional.of(giveUp());
            }
            ShardState state = loaded.get();
            if (state.progress().epoch() != claim.epoch()) {
                if (commits.isOutcomeUnknown()) {
                    meter.fenced();
                }
                LOG.info("Shard {}: {} has taken it", shardId, state.owner().orElse("another process"));
                return Optional.of(End.FENCED);
            }
            commits.begin(state);
            ports.latest().begin(cachedTo(state));
            if (state.progress().closed()) {
                return Optional.of(End.READ_OUT);
            }
            if (!detector.isOf(state, waits.nanos())) {
                switch (takeOver.run(state)) {
                    case DONE -> {}
                    case STOPPED -> {
                        return Optional.of(giveUp());
                    }
                    case UNSURE -> {
                        return Optional.empty();
                    }
                }
            }
            seek(state);
            return switch (follow(detector.progress().orElse(state.progress()))) {
                case STOPPED -> Optional.of(giveUp());
                case READ_OUT -> Optional.of(End.READ_OUT);
                case POSITION_UNSURE -> Optional.empty();
            };
        } catch (UnreadableRules e) {
            giveUp();
            throw e;
        } catch (RuntimeException e) {
            // a fault of ours; standing still in silence would be the worst answer to it
            commits.failed();
            LOG.error("Shard {}: reading goes on from the stored position after a fault", shardId, e);
            return waits.stopRequested() ? Optional.of(giveUp()) : Optional.empty();
        }
    }

    private Refeed refeed(ShardState state) {
        return new Refeed(
                state,
                claim,
                ports.reader(),
                ports.store(),
                availabilities.kinesis(),
                decoder,
                detector,
                commits,
                meter,
                turns,
                waits,
                random);
    }

    private OptionalLong cachedTo(ShardState state) {
        if (state.cachedTo().isPresent()) {
            return state.cachedTo();
        }
        // what was read before anybody kept note of it may be lacking from the beginning
        return state.progress().position().equals(Position.START) ? claim.cachedTo() : OptionalLong.of(0);
    }

    private void seek(ShardState state) {
        Position position = state.progress().position();
        if (!position.equals(Position.START)) {
            ports.reader().seek(new ReadFrom.Resume(position));
            resumption = new Resumption(position, state.arrivedAt(), state.streamTime(), claim.retentionMicros());
        } else {
            ports.reader()
                    .seek(
                            state.startAt().isPresent()
                                    ? new ReadFrom.At(state.startAt().getAsLong())
                                    : new ReadFrom.TrimHorizon());
            resumption = Resumption.NONE;
        }
    }

    /** The stored state; nothing where a stop comes first. */
    private Optional<ShardState> state() {
        for (int attempts = 1; !waits.stopRequested(); attempts++) {
            switch (ports.store().state()) {
                case Loaded.Found(ShardState state) -> {
                    if (commits.failures() == 0) {
                        availabilities.postgresql().worked(shardId);
                    }
                    return Optional.of(state);
                }
                case Loaded.Unavailable<ShardState>(String reason) -> {
                    availabilities.postgresql().failed(shardId, reason);
                    waits.pause(RETRY.delayMillis(attempts, random));
                }
            }
        }
        return Optional.empty();
    }

    /** Lets others have the shard at once. Where the store cannot be told, they take it after a while. */
    private End giveUp() {
        String problem = "";
        detector.progress()
                .filter(progress -> !progress.closed() && commits.failures() == 0)
                .ifPresent(commits::writeLast);
        for (int attempts = 1; attempts <= RELEASE_ATTEMPTS; attempts++) {
            switch (ports.store().release(claim.epoch())) {
                case Loaded.Found(Boolean released) -> {
                    if (released) {
                        LOG.info("Shard {} is given up", shardId);
                        meter.handedOver();
                    }
                    return released ? End.GIVEN_UP : End.FENCED;
                }
                case Loaded.Unavailable<Boolean>(String reason) -> problem = reason;
            }
        }
        LOG.warn("Shard {} cannot be given up, others take it when it stands still: {}", shardId, problem);
        return End.GIVEN_UP;
    }

    private Followed follow(Progress start) {
        Progress progress = start;
        int unanswered = 0;
        int empty = 0;
        // what could not be stored comes first: a sign of life would pass for the end of an outage that refuses rows
        // alone
        boolean afterFailure = commits.failures() > 0;
        while (!waits.stopRequested()) {
            if (!afterFailure) {
                Optional<Progress> kept = keepUp(progress);
                if (kept.isEmpty()) {
                    return Followed.POSITION_UNSURE;
                }
                progress = kept.get();
            }
            afterFailure = false;
            if (!ports.reader().waitsForRecords()) {
                turns.await(empty > EMPTY_READS_BEFORE_IDLE ? IDLE_INTERVAL_MILLIS : READ_INTERVAL_MILLIS);
            }
            if (waits.stopRequested()) {
                break;
            }
            switch (ports.reader().read()) {
                case ShardRead.Waiting _ -> {}
                case ShardRead.Throttled(String reason) -> {
                    // part of a shard's life, unless there is no end to it
                    if (++unanswered >= THROTTLED_READS_BEFORE_OUTAGE) {
                        availabilities.kinesis().failed(shardId, reason);
                    }
                    pause(RETRY.delayMillis(unanswered, random));
                }
                case ShardRead.Failed(String reason) -> {
                    availabilities.kinesis().failed(shardId, reason);
                    pause(RETRY.delayMillis(++unanswered, random));
                }
                case ShardRead.PlaceLost _ -> {
                    // the stored position shows what is missing
                    return Followed.POSITION_UNSURE;
                }
                case ShardRead.Records read -> {
                    availabilities.kinesis().worked(shardId);
                    unanswered = 0;
                    empty = read.records().isEmpty() && read.millisBehind() == 0 ? empty + 1 : 0;
                    Optional<Progress> moved = take(progress, read);
                    if (moved.isEmpty()) {
                        return waits.stopRequested() ? Followed.STOPPED : Followed.POSITION_UNSURE;
                    }
                    progress = moved.get();
                    if (progress.closed()) {
                        return Followed.READ_OUT;
                    }
                }
            }
            commits.writeLatestIfDue();
        }
        return Followed.STOPPED;
    }

    /** What is to be stored though nothing was read: signs of life, other rules, and silences. */
    private Optional<Progress> keepUp(Progress from) {
        Optional<Progress> progress = Optional.of(from);
        Optional<RuleSet> newest = rules.newest()
                .filter(known -> known.version() > detector.rulesVersion().orElse(Integer.MAX_VALUE));
        if (newest.isPresent()) {
            LOG.info(
                    "Shard {}: the rules are now those of version {}",
                    shardId,
                    newest.get().version());
            progress = commits.use(newest.get(), from);
        }
        if (progress.isPresent() && waits.nanos() - commits.lastCommit() >= claim.heartbeatNanos()) {
            // tells the others that the shard is being read, and this process whether it still is its
            progress = commits.beat(progress.get());
        }
        if (progress.isPresent() && commits.isDue() && !waits.stopRequested()) {
            // some at a time, and reading goes on between
            progress = commits.beat(progress.get());
        }
        return progress;
    }

    /** Stores what was read, batch by batch; nothing where only the stored state can tell how far that went. */
    private Optional<Progress> take(Progress from, ShardRead.Records read) {
        Progress progress = from;
        if (!read.atEnd() && !read.records().isEmpty()) {
            // the next read goes on while these commit
            ports.reader().readAhead(Math.max(0, turns.millisTo(READ_INTERVAL_MILLIS)));
        }
        commits.isBehind(read.millisBehind());
        Optional<Gap> gap = resumption.gap(read);
        resumption = resumption.after(read);
        gap.ifPresent(found -> LOG.error(
                "Shard {}: records behind {} were trimmed by retention before they were read",
                shardId,
                found.after().sequenceNumber()));
        Iterator<ShardRecord> records = read.records().iterator();
        while (records.hasNext()) {
            if (waits.stopRequested()) {
                return Optional.empty();
            }
            Batch batch = decoder.next(records, progress.position(), commits.most());
            boolean last = read.atEnd() && !records.hasNext();
            if (batch.position().equals(progress.position()) && !last && gap.isEmpty()) {
                // the record at the position itself, which is committed
                commits.readTo(batch.arrivedTo());
                continue;
            }
            Optional<Progress> moved = commits.store(progress, batch, gap, last);
            if (moved.isEmpty()) {
                return moved;
            }
            progress = moved.get();
            gap = Optional.empty();
        }
        if ((read.atEnd() && !progress.closed()) || gap.isPresent()) {
            Optional<Progress> moved = commits.store(progress, Batch.none(progress.position()), gap, read.atEnd());
            if (moved.isEmpty()) {
                return moved;
            }
            progress = moved.get();
        }
        if (read.records().isEmpty() && read.millisBehind() == 0) {
            commits.readTo(read.answeredAt() - ANSWER_MARGIN_MICROS);
        }
        if (!progress.closed()) {
            meter.caughtUp(shardId, read.millisBehind());
        }
        return Optional.of(progress);
    }

    /** A pause that does not let the shard look as if nobody read it. */
    private void pause(long millis) {
        long left = commits.lastCommit() + claim.heartbeatNanos() - waits.nanos();
        waits.pause(Math.min(millis, Math.max(0, Math.ceilDiv(left, 1_000_000L))));
    }
}
