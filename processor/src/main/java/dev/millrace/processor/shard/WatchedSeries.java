package dev.millrace.processor.shard;

import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.ShardStore;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The series of a shard at which somebody must look though nothing arrives: silent ones when their time has come, and all of them once when
 * other rules are in force. What is stored of that is loaded some time after a take-over, so that the first commit need not wait for it.
 */
final class WatchedSeries {

    /** The most series that one commit looks at. */
    static final int PORTION = 1_000;

    private final SeriesMemory memory;
    private final SilenceIndex silences = new SilenceIndex();

    /** At these the rules in force have not looked yet. */
    private final Set<SeriesId> unsettled = new LinkedHashSet<>();

    private boolean loaded;

    /** Whether those that are stored must be looked at by the rules in force. */
    private boolean settling;

    WatchedSeries(SeriesMemory memory) {
        this.memory = memory;
    }

    /** Forgets them; what is stored is yet to be loaded. */
    void begin(boolean storedAreUnsettled) {
        silences.clear();
        unsettled.clear();
        loaded = false;
        settling = storedAreUnsettled;
    }

    /**
     * Loads what is stored, if that was not done yet.
     *
     * @return why that failed; empty where it did not
     */
    Optional<String> load(ShardStore store, HashKeyRange range) {
        if (loaded) {
            return Optional.empty();
        }
        return switch (store.watched(range)) {
            case Loaded.Unavailable<Map<SeriesId, OptionalLong>>(String reason) -> Optional.of(reason);
            case Loaded.Found(Map<SeriesId, OptionalLong> watched) -> {
                watched.forEach(this::add);
                loaded = true;
                yield Optional.empty();
            }
        };
    }

    private void add(SeriesId id, OptionalLong dueAt) {
        // what is in memory is further than what is stored of it, and noted
        if (memory.find(id).isEmpty()) {
            silences.add(id, dueAt);
        }
        // in memory it may be for a value that came late, which no rule has looked at
        if (settling) {
            unsettled.add(id);
        }
    }

    /** A series is now so. */
    void note(SeriesId id, Series series) {
        silences.note(id, series);
    }

    /** What the batch in hand works on is now so. */
    void noteTouched(Collection<SeriesMemory.Entry> touched) {
        touched.forEach(entry -> silences.note(entry.id(), entry.series()));
    }

    /** Whether series must be looked at at a stream time. */
    boolean isDue(OptionalLong streamTime) {
        return silences.isDue(streamTime) || (streamTime.isPresent() && !unsettled.isEmpty());
    }

    /**
     * Whether a series that is in memory must be looked at: what is stored of others may be older than what is known of them when they are
     * loaded. Where it need not be, it is due at its own time.
     */
    boolean isDue(SeriesId id, Series series, long streamTime) {
        if (unsettled.contains(id) || series.dueAt().orElse(Long.MAX_VALUE) <= streamTime) {
            return true;
        }
        silences.settle(id, series, Long.MIN_VALUE);
        return false;
    }

    /** Series of which some must be, as far as is known without loading them. */
    Set<SeriesId> due(long streamTime) {
        Set<SeriesId> due = new LinkedHashSet<>(silences.due(streamTime, PORTION, memory::find));
        unsettled.stream().limit(Math.max(0, PORTION - due.size())).forEach(due::add);
        return due;
    }

    /** Whether the rules in force have looked at all of them, when they have looked at some more. */
    boolean isSettledBy(Set<SeriesId> passed) {
        return loaded ? unsettled.stream().allMatch(passed::contains) : !settling;
    }

    /** Some were looked at, and that has committed. */
    void passed(Set<SeriesId> passed, OptionalLong streamTime) {
        for (SeriesMemory.Entry entry : memory.touched()) {
            if (passed.contains(entry.id())) {
                silences.settle(entry.id(), entry.series(), streamTime.orElse(Long.MIN_VALUE));
            }
        }
        unsettled.removeIf(passed::contains);
    }

    /** What leaves the memory is stored as it is; only that tells of it later. */
    void left(Collection<SeriesMemory.Entry> gone) {
        gone.forEach(entry -> silences.settle(entry.id(), entry.series(), Long.MIN_VALUE));
    }

    /** Other rules are in force: all must be looked at. */
    void unsettle() {
        unsettled.clear();
        unsettled.addAll(silences.all());
    }
}
