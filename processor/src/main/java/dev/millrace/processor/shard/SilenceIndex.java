package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The series of a shard that must be looked at though nothing arrives, by when. The time that it holds for a series is never later than
 * the series' own, and often earlier: each value of a series puts it off, and that is looked up only when the time comes.
 */
final class SilenceIndex {

    private static final long NEVER = Long.MAX_VALUE;

    private record Due(long at, SeriesId id) {}

    private static final Comparator<Due> BY_TIME =
            Comparator.comparingLong(Due::at).thenComparing(Due::id);

    private final Map<SeriesId, Due> byId = new HashMap<>();
    private final TreeSet<Due> byTime = new TreeSet<>(BY_TIME);

    /** A series that is watched, as is stored of it. */
    void add(SeriesId id, OptionalLong dueAt) {
        put(id, dueAt.orElse(NEVER));
    }

    void clear() {
        byId.clear();
        byTime.clear();
    }

    /** All that are watched. */
    Set<SeriesId> all() {
        return byId.keySet();
    }

    /** A series is now so; a later time than the known one need not be noted yet. */
    void note(SeriesId id, Series series) {
        Due known = byId.get(id);
        if (!series.isWatched()) {
            if (known != null) {
                remove(known);
            }
            return;
        }
        long at = series.dueAt().orElse(NEVER);
        if (known == null || at < known.at) {
            put(id, at);
        }
    }

    /** A series was looked at at a time, or is about to be forgotten: only what is stored tells of it later. */
    void settle(SeriesId id, Series series, long streamTime) {
        Due known = byId.get(id);
        if (known != null) {
            remove(known);
        }
        if (series.isWatched()) {
            // what was looked at is not due again at the same time
            put(id, Math.max(series.dueAt().orElse(NEVER), streamTime == NEVER ? NEVER : streamTime + 1));
        }
    }

    private void remove(Due known) {
        byId.remove(known.id);
        byTime.remove(known);
    }

    private void put(SeriesId id, long at) {
        Due next = new Due(at, id);
        Due known = byId.put(id, next);
        if (known != null) {
            byTime.remove(known);
        }
        if (at != NEVER) {
            byTime.add(next);
        }
    }

    /** Whether the time of some series has come. */
    boolean isDue(OptionalLong streamTime) {
        return streamTime.isPresent() && !byTime.isEmpty() && byTime.first().at <= streamTime.getAsLong();
    }

    /**
     * Series whose time has come, the earliest first; they stay until they are settled.
     *
     * @param remembered those in memory, whose own time is known
     */
    List<SeriesId> due(long streamTime, int most, Function<SeriesId, Optional<Series>> remembered) {
        List<SeriesId> due = new ArrayList<>();
        List<Due> putOff = new ArrayList<>();
        for (Due next : byTime) {
            if (next.at > streamTime || due.size() >= most) {
                break;
            }
            Optional<Series> series = remembered.apply(next.id);
            if (series.isPresent() && series.get().dueAt().orElse(NEVER) > streamTime) {
                putOff.add(next);
            } else {
                due.add(next.id);
            }
        }
        for (Due next : putOff) {
            remembered.apply(next.id).ifPresent(series -> {
                remove(next);
                note(next.id, series);
            });
        }
        return due;
    }
}
