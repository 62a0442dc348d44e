package dev.millrace.processor.shard;

import dev.millrace.processor.task.Waits;
import java.util.concurrent.TimeUnit;

/** Keeps the reads of a shard apart: it gives 5 a second to all its readers together, and we take 4 at most. */
final class ReadTurns {

    static final long INTERVAL_MILLIS = 250;

    private final Waits waits;
    private long lastRead;

    ReadTurns(Waits waits) {
        this.waits = waits;
        this.lastRead = waits.nanos() - TimeUnit.MILLISECONDS.toNanos(INTERVAL_MILLIS);
    }

    /** Waits until so long after the start of the read before. */
    void await(long intervalMillis) {
        waits.pause(millisTo(intervalMillis));
        lastRead = waits.nanos();
    }

    long millisTo(long intervalMillis) {
        return Math.ceilDiv(lastRead + TimeUnit.MILLISECONDS.toNanos(intervalMillis) - waits.nanos(), 1_000_000L);
    }
}
