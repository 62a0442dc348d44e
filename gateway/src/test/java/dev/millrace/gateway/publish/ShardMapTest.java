package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShardMapTest {

    @Property
    void findsTheShardThatHoldsAKey(@ForAll @IntRange(min = 1, max = 40) int count, @ForAll String key) {
        ShardMap map = FakeStream.evenly(count);
        HashKey hash = HashKey.ofPartitionKey(key);

        assertTrue(map.shards().get(map.indexOf(hash)).range().contains(hash));
        assertEquals(0, map.indexOf(HashKey.MIN));
        assertEquals(count - 1, map.indexOf(HashKey.MAX));
    }

    @Test
    void refusesShardsThatLeaveAHoleOrOverlap() {
        List<Shard> three = FakeStream.evenly(3).shards();

        assertThrows(IllegalArgumentException.class, () -> new ShardMap(three.subList(0, 2)));
        assertThrows(IllegalArgumentException.class, () -> new ShardMap(List.of(three.get(0), three.get(2))));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ShardMap(List.of(three.get(0), three.get(1), three.get(1), three.get(2))));
        assertThrows(IllegalArgumentException.class, () -> new ShardMap(List.of()));
    }
}
