package dev.millrace.processor.store;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many series the shards of a process may remember. All have the same share of the whole, which so becomes smaller as they become
 * more; who has more than that lets the rest go when it comes to it. Thread-safe.
 */
public final class SeriesShares {

    /** What a shard may remember at least: a batch's worth, or each batch would load all of its series. */
    static final int LEAST = 5_000;

    private final int total;
    private final int least;
    private final AtomicInteger shards = new AtomicInteger();

    /** @param total series of the whole process */
    public SeriesShares(int total) {
        this(total, LEAST);
    }

    /** @param least what a shard may remember at least */
    public SeriesShares(int total, int least) {
        this.total = total;
        this.least = least;
    }

    /** A share for one shard. */
    public Share take() {
        shards.incrementAndGet();
        return new Share();
    }

    /** One shard's. */
    public final class Share implements AutoCloseable {

        private final AtomicBoolean closed = new AtomicBoolean();

        private Share() {}

        /** How many series the shard may remember now. */
        public int capacity() {
            return Math.max(least, total / Math.max(1, shards.get()));
        }

        /** The shard's part of something else that the process has. */
        public long of(long whole) {
            return whole / Math.max(1, shards.get());
        }

        /** The shard remembers none any more. */
        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                shards.decrementAndGet();
            }
        }
    }
}
