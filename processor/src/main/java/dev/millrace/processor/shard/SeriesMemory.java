package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.Detector;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * The series that a shard has lately fed, as they stand after the last commit, and within a batch ahead of it: after a commit
 * that failed all of it must go. Bounded: the ones not used for longest leave first and are loaded again when needed.
 */
final class SeriesMemory {

    private final IntSupplier capacity;
    private final LinkedHashMap<SeriesId, Entry> series = new LinkedHashMap<>(16, 0.75f, true);

    private record Entry(SeriesId id, Detector.Series series) {}

    SeriesMemory(IntSupplier capacity) {
        this.capacity = capacity;
    }

    /**
     * The instance of an id that is remembered, else the one given. Names are new objects in every reading; whoever goes on with
     * those that are remembered need not compute their hashes time and again, nor compare their characters.
     */
    SeriesId canonical(SeriesId id) {
        Entry entry = series.get(id);
        return entry == null ? id : entry.id;
    }

    /** Those of the series that must be loaded first. */
    Set<SeriesId> missing(Collection<SeriesId> wanted) {
        Set<SeriesId> missing = new LinkedHashSet<>();
        for (SeriesId id : wanted) {
            if (!series.containsKey(id)) {
                missing.add(id);
            }
        }
        return missing;
    }

    /** Takes over series that were loaded; one without a stored state is new. */
    void load(Collection<SeriesId> ids, Map<SeriesId, SeriesState> stored) {
        for (SeriesId id : ids) {
            series.put(id, new Entry(id, new Detector.Series(stored.getOrDefault(id, SeriesState.NEW))));
        }
    }

    /** A series that was loaded in this batch or before. */
    Detector.Series get(SeriesId id) {
        return Objects.requireNonNull(series.get(id), "a series was not loaded").series;
    }

    /** Lets those go that are over the capacity; between batches, since a batch needs all of its own. */
    void trim() {
        Iterator<SeriesId> oldest = series.keySet().iterator();
        for (int excess = series.size() - capacity.getAsInt(); excess > 0; excess--) {
            oldest.next();
            oldest.remove();
        }
    }

    void clear() {
        series.clear();
    }
}
