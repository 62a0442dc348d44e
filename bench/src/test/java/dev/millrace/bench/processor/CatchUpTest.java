package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CatchUpTest {

    /** Neither the wait before the first commit nor what that brought counts, nor the looks after the last one. */
    @Test
    void countsFromTheFirstCommitToTheLast() {
        CatchUp catchUp = new CatchUp();
        catchUp.seen(0, seconds(0));
        catchUp.seen(5_000, seconds(10));
        catchUp.seen(5_000, seconds(11));
        catchUp.seen(25_000, seconds(12));
        catchUp.seen(25_000, seconds(20));
        assertEquals(10_000, catchUp.rate());
    }

    private static long seconds(long seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }
}
