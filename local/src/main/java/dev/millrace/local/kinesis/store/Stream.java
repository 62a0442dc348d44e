package dev.millrace.local.kinesis.store;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.local.kinesis.protocol.AwsError;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream and its shards. At every moment the ranges of the open shards cover the hash key space once; a reshard closes
 * shards and opens their children in one step. Guarded by the {@link StreamStore} that holds it.
 */
final class Stream {

    private static final BigInteger HASH_KEYS = BigInteger.ONE.shiftLeft(128);

    private final String name;
    private final long id;
    private final long createdAt;
    private final Limits limits;
    private final LongSupplier generations;
    private final List<Shard> shards = new ArrayList<>();

    /** The open shards by range. */
    private Shard[] open = {};

    private int nextShardNumber;
    private long retentionMillis;
    private StreamStatus status = StreamStatus.ACTIVE;
    private long readyAt;
    private @Nullable Runnable transition;

    /** @param generations gives a higher number at every call, also over restarts */
    Stream(String name, long now, long retentionMillis, Limits limits, LongSupplier generations) {
        this.name = name;
        this.id = generations.getAsLong();
        this.createdAt = now;
        this.retentionMillis = retentionMillis;
        this.limits = limits;
        this.generations = generations;
    }

    String name() {
        return name;
    }

    /** No other stream has it, also none of the same name. */
    long id() {
        return id;
    }

    long createdAt() {
        return createdAt;
    }

    long retentionMillis() {
        return retentionMillis;
    }

    void retainFor(long millis) {
        retentionMillis = millis;
    }

    StreamStatus status() {
        return status;
    }

    /** The shards that retention has not removed, oldest first. */
    List<Shard> shards() {
        return shards;
    }

    int openShards() {
        return open.length;
    }

    boolean servesRecords() {
        return status == StreamStatus.ACTIVE || status == StreamStatus.UPDATING;
    }

    /** Does {@code change} after {@code delayMillis}, until when the stream has the status {@code meanwhile}. */
    void transition(StreamStatus meanwhile, long delayMillis, long now, Runnable change) {
        if (delayMillis == 0) {
            change.run();
            return;
        }
        status = meanwhile;
        readyAt = now + delayMillis;
        transition = change;
    }

    /** Ends a transition whose time has come. */
    void settle(long now) {
        Runnable change = transition;
        if (change != null && now >= readyAt) {
            transition = null;
            status = StreamStatus.ACTIVE;
            change.run();
        }
    }

    Shard shardOf(HashKey key) {
        int low = 0;
        int high = open.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (open[middle].range().end().compareTo(key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return open[low];
    }

    Optional<Shard> shard(String shardId) {
        return shards.stream().filter(shard -> shard.id().equals(shardId)).findFirst();
    }

    Optional<Shard> shard(long number) {
        return shards.stream().filter(shard -> shard.number() == number).findFirst();
    }

    /** Opens the first shards, whose ranges are as even as integers allow. */
    void openFirstShards(int count, long now) {
        for (HashKeyRange range : evenRanges(count)) {
            add(range, List.of(), now);
        }
        reopened();
    }

    /**
     * Splits an open shard.
     *
     * @param newStart the lowest hash key of the second child, above the shard's lowest
     */
    void split(Shard shard, HashKey newStart, long now) {
        HashKey beforeNewStart = HashKey.of(newStart.toBigInteger().subtract(BigInteger.ONE));
        shard.close(now);
        add(new HashKeyRange(shard.range().start(), beforeNewStart), List.of(shard), now);
        add(new HashKeyRange(newStart, shard.range().end()), List.of(shard), now);
        reopened();
    }

    /** Merges two open shards of adjacent ranges. */
    void merge(Shard shard, Shard adjacent, long now) {
        shard.close(now);
        adjacent.close(now);
        HashKey start = min(shard.range().start(), adjacent.range().start());
        HashKey end = max(shard.range().end(), adjacent.range().end());
        add(new HashKeyRange(start, end), List.of(shard, adjacent), now);
        reopened();
    }

    /**
     * Uniform scaling: splits at every bound of the wished ranges that is inside a shard, then merges what lies inside a
     * wished range. The shards between, which live for no time, are left behind closed and empty, as on AWS.
     */
    void scaleTo(int count, long now) {
        List<HashKeyRange> wished = evenRanges(count);
        for (HashKeyRange range : wished) {
            Shard containing = shardOf(range.start());
            if (!containing.range().start().equals(range.start())) {
                split(containing, range.start(), now);
            }
        }
        for (HashKeyRange range : wished) {
            Shard first = shardOf(range.start());
            while (!first.range().end().equals(range.end())) {
                BigInteger next = first.range().end().toBigInteger().add(BigInteger.ONE);
                merge(first, shardOf(HashKey.of(next)), now);
                first = shardOf(range.start());
            }
        }
    }

    /** Refuses a hash key that would leave a child with next to nothing. */
    void checkSplit(Shard shard, HashKey newStart) {
        BigInteger start = shard.range().start().toBigInteger();
        if (newStart.toBigInteger().compareTo(start.add(BigInteger.ONE)) <= 0
                || newStart.compareTo(shard.range().end()) >= 0) {
            throw AwsError.INVALID_ARGUMENT.because("NewStartingHashKey " + newStart + " used in SplitShard() on shard "
                    + shard.id() + " in stream " + name + " under account " + StreamStore.ACCOUNT
                    + " is not both greater than one plus the shard's StartingHashKey " + start
                    + " and less than the shard's EndingHashKey "
                    + shard.range().end() + ".");
        }
    }

    void checkMerge(Shard shard, Shard adjacent) {
        if (!follows(shard, adjacent) && !follows(adjacent, shard)) {
            throw AwsError.INVALID_ARGUMENT.because(
                    "Shards " + shard.id() + " and " + adjacent.id() + " in stream " + name
                            + " under account " + StreamStore.ACCOUNT
                            + " are not an adjacent pair of shards eligible for merging.");
        }
    }

    void checkScaleTo(int target) {
        if (target > 2L * open.length) {
            throw AwsError.INVALID_ARGUMENT.because(
                    "UpdateShardCount cannot scale up over double your current open shard"
                            + " count. Current open shard count: " + open.length + ". Target shard count: " + target
                            + ".");
        }
        if (2L * target < open.length) {
            throw AwsError.INVALID_ARGUMENT.because("UpdateShardCount cannot scale down below half your current open"
                    + " shard count. Current open shard count: " + open.length + ". Target shard count: " + target
                    + ".");
        }
    }

    Shard openShard(String shardId) {
        Shard shard = shard(shardId).orElseThrow(() -> noSuchShard(shardId));
        if (!shard.isOpen()) {
            throw AwsError.RESOURCE_IN_USE.because("Shard " + shardId + " in stream " + name + " under account "
                    + StreamStore.ACCOUNT
                    + " has already been merged or split, and thus is not eligible for merging or splitting.");
        }
        return shard;
    }

    RuntimeException noSuchShard(String shardId) {
        return AwsError.RESOURCE_NOT_FOUND.because("Could not find shard " + shardId + " in stream " + name
                + " under account " + StreamStore.ACCOUNT + ".");
    }

    RuntimeException notActive() {
        return AwsError.RESOURCE_IN_USE.because(
                "Stream " + name + " under account " + StreamStore.ACCOUNT + " not ACTIVE, instead in state " + status);
    }

    String rateExceeded(Shard shard) {
        return "Rate exceeded for shard " + shard.id() + " in stream " + name + " under account " + StreamStore.ACCOUNT
                + ".";
    }

    private static List<HashKeyRange> evenRanges(int count) {
        BigInteger width = HASH_KEYS.divide(BigInteger.valueOf(count));
        var ranges = new ArrayList<HashKeyRange>(count);
        for (int i = 0; i < count; i++) {
            HashKey start = HashKey.of(width.multiply(BigInteger.valueOf(i)));
            HashKey end = i == count - 1
                    ? HashKey.MAX
                    : HashKey.of(width.multiply(BigInteger.valueOf(i + 1L)).subtract(BigInteger.ONE));
            ranges.add(new HashKeyRange(start, end));
        }
        return ranges;
    }

    private void add(HashKeyRange range, List<Shard> parents, long now) {
        var shard = new Shard(nextShardNumber++, range, parents, generations.getAsLong(), now, limits);
        shards.add(shard);
        parents.forEach(parent -> parent.children().add(shard));
    }

    private void reopened() {
        open = shards.stream()
                .filter(Shard::isOpen)
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toArray(Shard[]::new);
    }

    private static boolean follows(Shard one, Shard other) {
        return one.range()
                .end()
                .toBigInteger()
                .add(BigInteger.ONE)
                .equals(other.range().start().toBigInteger());
    }

    private static HashKey min(HashKey a, HashKey b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static HashKey max(HashKey a, HashKey b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
