package dev.millrace.bench.processor;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * When the shards of a process that ends have a commit of another owner. An owner is known by its name's beginning. For a thread that
 * looks and one that asks.
 */
final class HandOver {

    private final Set<String> shards;
    private final String next;
    private final long signalled;
    private final Map<String, Long> rowsAtTaking = new TreeMap<>();
    private final Map<String, Long> done = new TreeMap<>();

    /**
     * @param shards that are to change hands
     * @param next whose they are to be
     * @param signalled when the process before was told to end, or killed; nanoseconds
     */
    HandOver(Set<String> shards, String next, long signalled) {
        this.shards = new TreeSet<>(shards);
        this.next = next;
        this.signalled = signalled;
    }

    /** How the shards stand. */
    synchronized void seen(Map<String, PgTables.Progress> progress, long nanos) {
        for (String shard : shards) {
            PgTables.Progress now = progress.get(shard);
            if (now == null || !now.owner().startsWith(next) || done.containsKey(shard)) {
                continue;
            }
            Long before = rowsAtTaking.putIfAbsent(shard, now.userRecords());
            // to take a shard is not yet to commit for it; where both came between two looks, the next commit counts
            if (before != null && now.userRecords() > before) {
                done.put(shard, nanos);
            }
        }
    }

    synchronized boolean isOver() {
        return done.size() == shards.size();
    }

    /** From the signal to the first commit of the shard that came last; milliseconds. */
    synchronized double millis() {
        return done.values().stream()
                        .mapToLong(nanos -> nanos - signalled)
                        .max()
                        .orElseThrow()
                / 1e6;
    }
}
