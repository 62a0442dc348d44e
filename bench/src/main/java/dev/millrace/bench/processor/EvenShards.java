package dev.millrace.bench.processor;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The shards of a stream that was never split: the hash keys in even parts. */
final class EvenShards {

    private static final BigInteger HASH_KEYS = BigInteger.ONE.shiftLeft(128);

    private final List<HashKeyRange> ranges = new ArrayList<>();

    EvenShards(int count) {
        BigInteger width = HASH_KEYS.divide(BigInteger.valueOf(count));
        for (int shard = 0; shard < count; shard++) {
            BigInteger start = width.multiply(BigInteger.valueOf(shard));
            BigInteger next = shard == count - 1 ? HASH_KEYS : start.add(width);
            ranges.add(new HashKeyRange(HashKey.of(start), HashKey.of(next.subtract(BigInteger.ONE))));
        }
    }

    int count() {
        return ranges.size();
    }

    static String id(int shard) {
        return String.format(Locale.ROOT, "shardId-%012d", shard);
    }

    /** The shards in which sensors lie, by their number. */
    int[] ofSensors(Rows rows) {
        int[] shards = new int[rows.sensors()];
        for (int sensor = 0; sensor < shards.length; sensor++) {
            shards[sensor] = of(rows.sensorId(sensor));
        }
        return shards;
    }

    private int of(String sensorId) {
        HashKey key = HashKey.ofPartitionKey(sensorId);
        for (int shard = 0; shard < ranges.size(); shard++) {
            if (ranges.get(shard).contains(key)) {
                return shard;
            }
        }
        throw new IllegalStateException("no shard for " + sensorId);
    }
}
