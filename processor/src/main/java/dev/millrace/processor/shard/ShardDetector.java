package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.store.DetectorState;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Mark;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.SeriesSnapshot;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.Snapshots;
import dev.millrace.processor.store.StoredSeries;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The detector of a shard, with what it knows of series, and how that stands to what is stored. What a batch changes is taken back when
 * its commit did not happen; when nobody knows, the state that is read afterwards tells. Only when that is another than either can have led to, or a
 * doubtful commit was tried again, is all of it forgotten, and built anew from the snapshots and the journal, or the stream.
 *
 * <p>The states of series are written down some time after they have changed, in the order of their changes; the mark is the place up to which all
 * is written down. Feeding a series what it has seen changes nothing, and so it does no harm that most of them are further.
 */
final class ShardDetector {

    private static final Logger LOG = LoggerFactory.getLogger(ShardDetector.class);

    private static final long UNFED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final ShardStore store;
    private final HashKeyRange range;
    private final SnapshotPace pace;
    private final SnapshotChoice choice;
    private final ShardMeter meter;
    private final SeriesMemory memory;
    private final WatchedSeries watched;

    /** What others have fed to series that are not in memory. */
    private Unfed unfed = Unfed.nothing();

    /** Up to there all is in the stored states. */
    private Mark unfedFrom = Mark.START;

    private long goneOnAt;

    private @Nullable Detector detector;

    /** Where the shard is fed again, until it stands at the committed position. */
    private @Nullable Mark refeeding;

    /** The stored state that the memory belongs to. */
    private @Nullable Known known;

    /** What it was when the memory began. */
    private @Nullable Known begun;

    private @Nullable InHand inHand;

    /** Whether more series may be due than the last commit has looked at. */
    private boolean moreDue;

    /** How often something was sent to be committed since the stored state was known. */
    private int sendings;

    private record Known(Progress progress, long beat) {}

    /** What commits, or not. */
    private static final class InHand {

        private final Progress to;
        private final Mark from;
        private final Set<SeriesMemory.Entry> written;
        private final Set<SeriesId> passed;
        private final OptionalLong streamTime;
        private boolean sent;

        InHand(Progress to, Mark from, Set<SeriesMemory.Entry> written, Set<SeriesId> passed, OptionalLong streamTime) {
            this.to = to;
            this.from = from;
            this.written = written;
            this.passed = passed;
            this.streamTime = streamTime;
        }
    }

    ShardDetector(ShardStore store, HashKeyRange range, SnapshotPace pace, IntSupplier capacity, ShardMeter meter) {
        this.meter = meter;
        this.store = store;
        this.range = range;
        this.pace = pace;
        this.memory = new SeriesMemory(capacity);
        this.watched = new WatchedSeries(memory);
        this.choice = new SnapshotChoice(memory, pace);
    }

    /** The version of the rules in force; empty: none yet. */
    OptionalInt rulesVersion() {
        return detector == null
                ? OptionalInt.empty()
                : OptionalInt.of(detector.rules().version());
    }

    /** What is stored of the shard's reading, as far as it is known; empty where that is in doubt. */
    Optional<Progress> progress() {
        return inHand == null ? Optional.ofNullable(known).map(Known::progress) : Optional.empty();
    }

    int size() {
        return memory.size();
    }

    /** How many states are not written down as they stand. */
    int dirty() {
        return memory.dirty().size() + unfed.size();
    }

    /** Whether what is in memory belongs to a state that was read, which settles the outcome of the last commit. */
    boolean isOf(ShardState state, long now) {
        InHand last = inHand;
        Known before = known;
        if (before == null) {
            return false;
        }
        Known read = new Known(state.progress(), state.beat());
        if (last != null && last.sent && read.equals(new Known(last.to, before.beat + 1))) {
            if (sendings > 1) {
                // an earlier try may have happened late, which wrote other states down
                return false;
            }
            committed(now);
            return refeeding == null;
        }
        if (last != null || !memory.touched().isEmpty()) {
            takeBack();
        }
        return refeeding == null && read.equals(before);
    }

    /** Forgets everything and begins with what is stored. */
    void begin(ShardState state, RuleSet rules) {
        memory.clear();
        unfed.clear();
        watched.begin(
                state.detector().settling() || state.detector().rulesVersion().isEmpty());
        inHand = null;
        sendings = 0;
        detector = new Detector(rules);
        known = new Known(state.progress(), state.beat());
        begun = known;
        // until it is known that nothing is to be fed again
        refeeding = state.detector().mark().orElse(Mark.START);
    }

    /**
     * Loads which series are watched, if that is not known yet. The first commit after a take-over does not wait for it: what is found
     * to be silent opens as of when it was due.
     *
     * @return why that failed; empty where it did not
     */
    Optional<String> loadWatched() {
        return watched.load(store, range);
    }

    /** The shard is being fed again, and stands there. */
    void refeeding(Mark at) {
        refeeding = at;
    }

    /** The shard stands at its committed position. */
    void upToDate() {
        refeeding = null;
    }

    /**
     * Goes on from what others have fed since the states were written down.
     *
     * @param mark up to there all is in the states
     * @param now nanoseconds
     */
    void goOn(Unfed journal, Mark mark, long now) {
        unfed = journal;
        unfedFrom = mark;
        goneOnAt = now;
        upToDate();
    }

    SeriesId canonical(SeriesId id) {
        return memory.canonical(id);
    }

    /**
     * Loads the series that are not in memory.
     *
     * @return why that failed; empty where it did not
     */
    Optional<String> load(Collection<SeriesId> ids) {
        Set<SeriesId> missing = memory.missing(ids);
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return switch (store.series(missing)) {
            case Loaded.Unavailable<Map<SeriesId, StoredSeries>>(String reason) -> Optional.of(reason);
            case Loaded.Found(Map<SeriesId, StoredSeries> stored) -> {
                missing.forEach(id -> remember(id, Optional.ofNullable(stored.get(id))));
                yield Optional.empty();
            }
        };
    }

    private void remember(SeriesId id, Optional<StoredSeries> stored) {
        // what is fed again has its rows already, that of its first value too
        boolean again = refeeding != null || unfed.has(id);
        Series series = series(stored, again);
        if (fedAgain(id, series)) {
            // to be written down soon, so that the mark moves on
            memory.loadDirty(id, series, unfedFrom, pace.ripeAt(goneOnAt));
        } else {
            memory.load(id, series);
        }
        watched.note(id, series);
    }

    private Series series(Optional<StoredSeries> stored, boolean again) {
        if (stored.isEmpty()) {
            return Series.fresh();
        }
        return switch (stored.get()) {
            case StoredSeries.Snapshot(byte[] state) -> decoded(state);
            case StoredSeries.Rows(long lastAt) -> again ? Series.fresh() : Series.since(lastAt);
        };
    }

    /** Feeds what others have fed; what they found is stored. Whether the series has changed by it. */
    private boolean fedAgain(SeriesId id, Series series) {
        int[] fed = {0};
        Detection found = new Detection();
        unfed.read(id, (at, arrivedAt, measurement) -> {
            if (detector().feed(id, series, at, arrivedAt, measurement, found)) {
                fed[0]++;
            }
        });
        // not before: what is not fed stays for the next try
        unfed.remove(id);
        if (fed[0] > 0) {
            meter.refed(fed[0]);
        }
        return fed[0] > 0;
    }

    /** {@link #loadUnfed(int)}, but not in the moment of a take-over, which has enough to do. */
    Optional<String> loadUnfed(int most, long now) {
        return hasUnfed(now) ? loadUnfed(most) : Optional.empty();
    }

    /**
     * Loads some of the series that others have fed, so that their states are written down.
     *
     * @return why that failed; empty where it did not
     */
    Optional<String> loadUnfed(int most) {
        return load(unfed.some(most));
    }

    /** A state that cannot be read must not keep a shard from being read: its series begins anew, and that is told. */
    private Series decoded(byte[] state) {
        try {
            return Series.decode(state);
        } catch (IllegalArgumentException e) {
            LOG.error("What is known of a series cannot be read, and is learnt anew: {}", e.getMessage());
            meter.stateUnreadable();
            return Series.fresh();
        }
    }

    /** Feeds a value of a series that was loaded; false where it is late or repeated. */
    boolean feed(SeriesId id, long at, long arrivedAt, Measurement measurement, Detection found) {
        SeriesMemory.Entry entry = memory.touch(id);
        boolean fed = detector().feed(id, entry.series(), at, arrivedAt, measurement, found);
        if (fed) {
            entry.fed(at, arrivedAt, measurement);
        }
        return fed;
    }

    private Detector detector() {
        return Objects.requireNonNull(detector, "a detector begins with rules");
    }

    /** Whether series that others have fed wait to be loaded, and it is time for that. */
    boolean hasUnfed(long now) {
        return unfed.size() > 0 && now - goneOnAt >= UNFED_AFTER_NANOS;
    }

    /** Whether one commit could write all down. */
    boolean isSoonClean() {
        return unfed.size() == 0 && memory.dirty().size() <= SnapshotChoice.CHUNK;
    }

    /** Whether series must be looked at though nothing arrives. */
    boolean isDue(OptionalLong streamTime) {
        return refeeding == null && watched.isDue(streamTime);
    }

    /** Looks at series whose time has come, and answers which; or why they could not be loaded. */
    Loaded<Set<SeriesId>> pass(OptionalLong streamTime, Detection found) {
        // before it commits: what is taken back is noted again
        watched.noteTouched(memory.touched());
        moreDue = false;
        Optional<String> unknown = Objects.equals(known, begun) ? Optional.empty() : loadWatched();
        if (unknown.isPresent()) {
            return new Loaded.Unavailable<>(unknown.get());
        }
        if (!isDue(streamTime)) {
            return new Loaded.Found<>(Set.of());
        }
        long now = streamTime.getAsLong();
        Set<SeriesId> due = watched.due(now);
        moreDue = due.size() >= WatchedSeries.PORTION;
        Optional<String> problem = load(due);
        if (problem.isPresent()) {
            return new Loaded.Unavailable<>(problem.get());
        }
        Set<SeriesId> passed = new LinkedHashSet<>();
        for (SeriesId id : due) {
            if (watched.isDue(id, memory.find(id).orElseThrow(), now)) {
                SeriesMemory.Entry entry = memory.touch(id);
                detector().pass(id, entry.series(), now, found);
                entry.changed();
                passed.add(id);
            }
        }
        return new Loaded.Found<>(passed);
    }

    /**
     * What of the states goes with a commit. After it {@link #sending} and {@link #committed}, {@link #takeBack} or {@link #isOf}.
     *
     * @param from where the shard stands
     * @param to what is then stored of its reading
     * @param after where it then stands
     * @param passed what was looked at: that is written down at once, since no place in the stream tells of it
     */
    Snapshots snapshots(
            Mark from,
            Progress to,
            Mark after,
            Set<SeriesId> passed,
            SnapshotChoice.Writing writing,
            SnapshotChoice.Span span) {
        Set<SeriesMemory.Entry> written =
                choice.choose(passed.stream().map(memory::touch).toList(), writing, span);
        Mark start = refeeding == null ? from : refeeding;
        Mark end = refeeding == null ? after : refeeding;
        Mark mark = unfed.size() > 0 ? unfedFrom : choice.mark(written, start, end);
        inHand = new InHand(to, start, written, passed, after.streamTime());
        return new Snapshots(
                OptionalLong.of(Objects.requireNonNull(known).beat),
                written.stream()
                        .map(entry -> SeriesSnapshot.of(entry.id(), entry.series()))
                        .toList(),
                refeeding == null,
                journal(from.position(), to.position()),
                Optional.of(new DetectorState(Optional.of(mark), rulesVersion(), !watched.isSettledBy(passed))));
    }

    private Optional<JournalPage> journal(Position from, Position to) {
        return from.equals(to)
                ? Optional.empty()
                : Optional.of(new JournalPage(from, to, Unfed.write(memory.touched())));
    }

    /** Whether a commit of what is in hand would leave states unwritten, or series that are due without a look. */
    boolean leavesSome() {
        return moreDue || unfed.size() > 0 || choice.left(Objects.requireNonNull(inHand).written) > 0;
    }

    /** From now on nobody knows the outcome until {@link #committed}, {@link #takeBack} or {@link #isOf}. */
    void sending() {
        Objects.requireNonNull(inHand).sent = true;
        sendings++;
    }

    /** What is in hand has committed. */
    void committed(long now) {
        InHand last = Objects.requireNonNull(inHand);
        known = new Known(last.to, Objects.requireNonNull(known).beat + 1);
        sendings = 0;
        watched.passed(last.passed, last.streamTime);
        memory.committed(last.written, last.from, now);
        inHand = null;
        trim();
    }

    /** What was fed again is as it was. */
    void refed(Mark from, Mark to, long now) {
        watched.noteTouched(memory.touched());
        memory.committed(Set.of(), from, now);
        refeeding = to;
        trim();
    }

    /** Whether more series are in memory than may be, and must be written before they can go. */
    boolean isOverfull() {
        return memory.excess() > 0;
    }

    private void trim() {
        watched.left(memory.trim());
    }

    /** What is in hand was refused: it will not happen late either. */
    void refused() {
        sendings--;
        takeBack();
    }

    /** What is in hand has not committed, as far as is known. */
    void takeBack() {
        List<SeriesMemory.Entry> touched = new ArrayList<>(memory.touched());
        memory.takeBack();
        watched.noteTouched(touched);
        inHand = null;
    }

    /** Other rules are in force from here on, where all is written down and what is watched is known: all that must be looked at by them. */
    void use(RuleSet rules) {
        detector = new Detector(rules);
        watched.unsettle();
    }
}
