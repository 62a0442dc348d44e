package dev.millrace.processor.shard;

import dev.millrace.processor.store.Mark;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** Which states go with a commit, and what the shard's mark is then. */
final class SnapshotChoice {

    /** The most states that one commit writes down, besides those of the series that it looks at for their silence. */
    static final int CHUNK = 5_000;

    private final SeriesMemory memory;
    private final SnapshotPace pace;

    SnapshotChoice(SeriesMemory memory, SnapshotPace pace) {
        this.memory = memory;
        this.pace = pace;
    }

    /** How much of what is dirty a commit is to write down. */
    enum Writing {
        PACED,
        ALL
    }

    /**
     * The time of a commit.
     *
     * @param before when the one before was made up, nanoseconds
     * @param now nanoseconds
     */
    record Span(long before, long now) {}

    /** @param passed what is written down in any case */
    Set<SeriesMemory.Entry> choose(Collection<SeriesMemory.Entry> passed, Writing writing, Span span) {
        Set<SeriesMemory.Entry> chosen = new LinkedHashSet<>(passed);
        chosen.addAll(memory.leavingDirty(CHUNK));
        add(chosen, writing, span);
        return chosen;
    }

    private void add(Set<SeriesMemory.Entry> chosen, Writing writing, Span span) {
        int dirtyWithBatch = memory.dirty().size() + memory.touched().size();
        int most = writing == Writing.ALL ? CHUNK : Math.min(CHUNK, pace.rows(dirtyWithBatch, span.now - span.before));
        int added = 0;
        for (SeriesMemory.Entry entry : memory.dirty()) {
            if (added >= most && (added >= CHUNK || !pace.isLate(entry.dirtySince(), span.now))) {
                return;
            }
            if (writing == Writing.PACED && !pace.isRipe(entry.dirtySince(), span.now)) {
                return;
            }
            added += chosen.add(entry) ? 1 : 0;
        }
        if (writing == Writing.PACED && !pace.isRipe(span.now, span.now)) {
            return;
        }
        for (SeriesMemory.Entry entry : memory.touched()) {
            if (added >= most) {
                return;
            }
            if (entry.isChanged()) {
                added += chosen.add(entry) ? 1 : 0;
            }
        }
    }

    /**
     * Up to where all is written down after a commit.
     *
     * @param from where the shard stands before it
     * @param after where it then stands
     */
    Mark mark(Set<SeriesMemory.Entry> written, Mark from, Mark after) {
        for (SeriesMemory.Entry entry : memory.dirty()) {
            if (!written.contains(entry)) {
                return entry.dirtyFrom();
            }
        }
        return memory.touched().stream().anyMatch(entry -> entry.isChanged() && !written.contains(entry))
                ? from
                : after;
    }

    /** How many states a commit leaves unwritten. */
    int left(Set<SeriesMemory.Entry> written) {
        Set<SeriesMemory.Entry> left = new LinkedHashSet<>(memory.dirty());
        memory.touched().stream().filter(SeriesMemory.Entry::isChanged).forEach(left::add);
        left.removeAll(written);
        return left.size();
    }
}
