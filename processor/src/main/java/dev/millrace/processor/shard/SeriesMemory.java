package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.store.Mark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The series that a shard has lately fed, as they stand after the last commit, and within a batch ahead of it: of each that a batch
 * changes there is a copy from before, so that a commit that did not happen can be taken back. A series that is not written down as
 * it stands is dirty. Bounded by their {@linkplain Series#weight weight}: the ones not used for longest leave first and are loaded again
 * when needed; those that are dirty must be written before.
 */
final class SeriesMemory {

    private final IntSupplier capacity;
    private final LinkedHashMap<SeriesId, Entry> series = new LinkedHashMap<>(16, 0.75f, true);

    /** Of all of them. */
    private long weight;

    /** In the order of their first change. */
    private final LinkedHashMap<SeriesId, Entry> dirty = new LinkedHashMap<>();

    /** What the batch in hand works on. */
    private final List<Entry> touched = new ArrayList<>();

    /** A series, and how it stands to what is stored. */
    static final class Entry {

        private final SeriesId id;
        private Series series;
        private @Nullable Series before;
        private boolean changed;
        private @Nullable FedValues fed;
        private Mark dirtyFrom = Mark.START;
        private long dirtySince;
        private int weight;

        private Entry(SeriesId id, Series series) {
            this.id = id;
            this.series = series;
        }

        SeriesId id() {
            return id;
        }

        Series series() {
            return series;
        }

        /** Where the shard stood before its first change that is not written down. */
        Mark dirtyFrom() {
            return dirtyFrom;
        }

        /** When that change was, nanoseconds. */
        long dirtySince() {
            return dirtySince;
        }

        /** The batch in hand has changed it. */
        void changed() {
            changed = true;
        }

        /** The batch in hand has fed it a value. */
        void fed(long at, long arrivedAt, Measurement measurement) {
            changed = true;
            if (fed == null) {
                fed = new FedValues();
            }
            fed.add(at, arrivedAt, measurement);
        }

        /** What the batch in hand has fed it. */
        Optional<FedValues> fed() {
            return Optional.ofNullable(fed);
        }

        private void settle() {
            before = null;
            changed = false;
            fed = null;
        }

        boolean isChanged() {
            return changed;
        }
    }

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

    /** Takes over a series that was loaded. */
    void load(SeriesId id, Series loaded) {
        put(new Entry(id, loaded));
    }

    private void put(Entry entry) {
        series.put(entry.id, entry);
        weigh(entry);
    }

    private void weigh(Entry entry) {
        int before = entry.weight;
        entry.weight = entry.series.weight();
        weight += entry.weight - before;
    }

    /**
     * Takes over a series that was loaded, and is further than what is stored of it.
     *
     * @param from the place in the shard up to which all is stored of it
     * @param since when that was, nanoseconds
     */
    void loadDirty(SeriesId id, Series loaded, Mark from, long since) {
        Entry entry = new Entry(id, loaded);
        entry.dirtyFrom = from;
        entry.dirtySince = since;
        put(entry);
        // before those that have changed meanwhile
        dirty.putFirst(id, entry);
    }

    /** A series for the batch in hand, which was loaded in it or before. */
    Entry touch(SeriesId id) {
        Entry entry = Objects.requireNonNull(series.get(id), "a series was not loaded");
        if (entry.before == null) {
            entry.before = entry.series.copy();
            touched.add(entry);
        }
        return entry;
    }

    /** A series, if it is remembered. */
    Optional<Series> find(SeriesId id) {
        return Optional.ofNullable(series.get(id)).map(Entry::series);
    }

    /** What the batch in hand works on. */
    List<Entry> touched() {
        return touched;
    }

    /** Those that are not written down as they stood before the batch in hand, the one that has waited for longest first. */
    Collection<Entry> dirty() {
        return dirty.values();
    }

    /** How much is over the capacity. */
    long excess() {
        return Math.max(0, weight - capacity.getAsInt());
    }

    /** The dirty ones among those that must leave. */
    List<Entry> leavingDirty(int most) {
        List<Entry> leaving = new ArrayList<>();
        long left = excess();
        for (Entry entry : series.values()) {
            if (left <= 0 || leaving.size() >= most) {
                break;
            }
            left -= entry.weight;
            if (dirty.containsKey(entry.id)) {
                leaving.add(entry);
            }
        }
        return leaving;
    }

    /**
     * The batch in hand has committed.
     *
     * @param written whose states are written down as they now stand
     * @param from where the shard stood before the batch
     */
    void committed(Collection<Entry> written, Mark from, long now) {
        for (Entry entry : touched) {
            if (entry.changed && !dirty.containsKey(entry.id)) {
                entry.dirtyFrom = from;
                entry.dirtySince = now;
                dirty.put(entry.id, entry);
            }
            entry.settle();
            weigh(entry);
        }
        touched.clear();
        written.forEach(entry -> dirty.remove(entry.id));
    }

    /** The batch in hand has not committed. */
    void takeBack() {
        for (Entry entry : touched) {
            entry.series = Objects.requireNonNull(entry.before, "what is touched has a copy");
            entry.settle();
        }
        touched.clear();
    }

    /** Lets those go that are over the capacity and clean; between batches, since a batch needs all of its own. */
    List<Entry> trim() {
        List<Entry> gone = new ArrayList<>();
        Iterator<Entry> oldest = series.values().iterator();
        for (long excess = excess(); excess > 0 && oldest.hasNext(); ) {
            Entry entry = oldest.next();
            excess -= entry.weight;
            if (!dirty.containsKey(entry.id)) {
                oldest.remove();
                weight -= entry.weight;
                gone.add(entry);
            }
        }
        return gone;
    }

    int size() {
        return series.size();
    }

    void clear() {
        series.clear();
        weight = 0;
        dirty.clear();
        touched.clear();
    }
}
