package dev.millrace.bench.processor;

import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Looks every few milliseconds where the shards stand. That costs the server a hundredth of a processor; a look that is late makes what it finds
 * look late, never early.
 */
final class CommitWatch implements AutoCloseable {

    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What it tells. */
    interface Listener {
        /**
         * How the shards stand.
         *
         * @param nanos when the answer was there
         */
        void seen(Map<String, PgTables.Progress> shards, long nanos);
    }

    private final PgTables tables;
    private final String stream;
    private final Listener listener;
    private final Histogram intervals = new Histogram(3);
    private final Thread thread;
    private volatile boolean stopped;
    private volatile @Nullable SQLException failure;

    /** Begins; closes the tables in the end. */
    CommitWatch(PgTables tables, String stream, Listener listener) {
        this.tables = tables;
        this.stream = stream;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("watch").start(this::run);
    }

    private void run() {
        long last = System.nanoTime();
        try (tables) {
            while (!stopped) {
                Map<String, PgTables.Progress> shards = tables.progress(stream);
                long now = System.nanoTime();
                listener.seen(shards, now);
                synchronized (intervals) {
                    intervals.recordValue(now - last);
                }
                LockSupport.parkNanos(last + INTERVAL_NANOS - now);
                last = now;
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    /** Between looks; how fine what it found is. */
    double intervalMillis(double percentile) {
        synchronized (intervals) {
            return intervals.getValueAtPercentile(percentile) / 1e6;
        }
    }

    /** Why it has ended. */
    Optional<SQLException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Looks no more. */
    void end() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end();
    }
}
