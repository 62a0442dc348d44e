package dev.millrace.bench.processor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long rows take from the stream to their commit. It is an upper bound: a row's time begins before the call that puts it, and ends when a
 * look at the database that found it committed was over. Rows of a shard are committed in the order of the stream, so that
 * their count tells which. For a thread that puts and one that looks.
 */
final class CommitTimes {

    private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final int DIGITS = 3;

    /** @param upTo rows of the shard, those before included */
    private record Put(long upTo, int rows, long nanos, boolean counts) {}

    private final Histogram histogram = new Histogram(MAX_NANOS, DIGITS);
    private final List<Queue<Put>> under = new ArrayList<>();
    private final long[] put;
    private final long[] committed;
    private boolean counting;

    CommitTimes(int shards) {
        put = new long[shards];
        committed = new long[shards];
        for (int shard = 0; shard < shards; shard++) {
            under.add(new ArrayDeque<>());
        }
    }

    /** From now on what is put counts, or does not. */
    synchronized void count(boolean counts) {
        counting = counts;
    }

    /** Rows are about to be put. */
    synchronized void put(int shard, int rows, long nanos) {
        put[shard] += rows;
        under.get(shard).add(new Put(put[shard], rows, nanos, counting));
    }

    /** So many rows of a shard are committed, since its beginning. */
    synchronized void committed(int shard, long rows, long nanos) {
        committed[shard] = rows;
        Queue<Put> waiting = under.get(shard);
        for (Put first = waiting.peek(); first != null && first.upTo <= rows; first = waiting.peek()) {
            waiting.remove();
            if (first.counts) {
                histogram.recordValueWithCount(Math.min(MAX_NANOS, nanos - first.nanos), first.rows);
            }
        }
    }

    /** Rows that were put and are not committed. */
    synchronized long outstanding() {
        long outstanding = 0;
        for (int shard = 0; shard < put.length; shard++) {
            outstanding += put[shard] - committed[shard];
        }
        return outstanding;
    }

    /** Rows that counted and are committed. */
    synchronized long counted() {
        return histogram.getTotalCount();
    }

    /** Of those, weighted by rows. */
    synchronized double millis(double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
