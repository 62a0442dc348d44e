package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;

/**
 * The open shards of a stream, which together hold every hash key once.
 *
 * @param shards by the start of their range
 */
public record ShardMap(List<Shard> shards) {

    /**
     * Sorts and checks the shards.
     *
     * @throws IllegalArgumentException if they leave a hash key out or hold one twice
     */
    public ShardMap {
        shards = shards.stream()
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toList();
        BigInteger next = BigInteger.ZERO;
        for (Shard shard : shards) {
            if (!shard.range().start().toBigInteger().equals(next)) {
                throw new IllegalArgumentException("the shards do not hold every hash key once");
            }
            next = shard.range().end().toBigInteger().add(BigInteger.ONE);
        }
        if (!next.equals(HashKey.MAX.toBigInteger().add(BigInteger.ONE))) {
            throw new IllegalArgumentException("the shards do not hold every hash key once");
        }
    }

    /** Which of {@link #shards} holds a hash key. */
    public int indexOf(HashKey key) {
        int low = 0;
        int high = shards.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (shards.get(middle).range().start().compareTo(key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
