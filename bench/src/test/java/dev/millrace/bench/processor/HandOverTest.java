package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.bench.processor.PgTables.Progress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HandOverTest {

    private final HandOver handOver = new HandOver(Set.of("a", "b"), "next/", millis(1_000));

    @Test
    void endsWithTheFirstCommitOfTheLastShard() {
        see(1_100, "next/1", 10, "next/1", 10);
        see(1_200, "next/1", 20, "next/1", 10);
        assertFalse(handOver.isOver());
        see(1_300, "next/1", 30, "next/1", 20);
        assertTrue(handOver.isOver());
        see(9_000, "next/1", 40, "next/1", 30);
        assertEquals(300, handOver.millis());
    }

    @Test
    void commitsOfTheOneThatEndsDoNotCount() {
        see(1_100, "before/1", 10, "before/1", 10);
        see(1_200, "before/1", 20, "before/1", 20);
        see(1_300, "", 20, "", 20);
        assertFalse(handOver.isOver());
    }

    @Test
    void toTakeAShardIsNotToCommitForIt() {
        see(1_100, "before/1", 10, "before/1", 10);
        see(1_200, "next/1", 20, "next/1", 20);
        see(1_300, "next/1", 20, "next/1", 20);
        assertFalse(handOver.isOver());
    }

    private void see(long millis, String ownerA, long rowsA, String ownerB, long rowsB) {
        handOver.seen(Map.of("a", new Progress(rowsA, ownerA), "b", new Progress(rowsB, ownerB)), millis(millis));
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
