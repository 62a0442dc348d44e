package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CommitTimesTest {

    private final CommitTimes times = new CommitTimes(2);

    @Test
    void weighsByRows() {
        times.count(true);
        times.put(0, 99, millis(0));
        times.put(0, 1, millis(100));
        times.committed(0, 99, millis(10));
        times.committed(0, 100, millis(300));
        assertEquals(100, times.counted());
        assertEquals(10, times.millis(99), 0.1);
        assertEquals(200, times.millis(100), 0.2);
    }

    @Test
    void aRowCountsOnlyOnceItsWholeRecordIsCommitted() {
        times.count(true);
        times.put(0, 50, millis(0));
        times.committed(0, 49, millis(1));
        assertEquals(0, times.counted());
        assertEquals(1, times.outstanding());
        times.committed(0, 50, millis(2));
        assertEquals(50, times.counted());
        assertEquals(0, times.outstanding());
    }

    @Test
    void shardsAreCommittedApart() {
        times.count(true);
        times.put(0, 10, millis(0));
        times.put(1, 10, millis(0));
        times.committed(1, 10, millis(5));
        assertEquals(10, times.counted());
        assertEquals(10, times.outstanding());
    }

    @Test
    void whatWasPutBeforeTheWindowDoesNotCount() {
        times.put(0, 10, millis(0));
        times.count(true);
        times.put(0, 20, millis(1));
        times.count(false);
        times.put(0, 30, millis(2));
        times.committed(0, 60, millis(10));
        assertEquals(20, times.counted());
        assertEquals(9, times.millis(100), 0.1);
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
