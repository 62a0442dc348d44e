package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.cache.LatestValues;
import dev.millrace.processor.store.LatestValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Brings what has committed to the latest values: at once, but while the shard is far behind only every now and then, since its
 * values are out of date anyway and most will be followed by others of the same series.
 */
final class LatestWrites {

    /** A shard that is further behind than this is caught up before its latest values are of use, milliseconds. */
    static final long FAR_BEHIND_MILLIS = 1_000;

    private static final long FAR_BEHIND_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What waits at most, series. */
    private static final int MAX_WAITING = 10_000;

    private final LatestValues latest;
    private final Map<SeriesId, LatestValue> waiting = new HashMap<>();
    private long arrivedFrom = Long.MAX_VALUE;
    private long arrivedTo = Long.MIN_VALUE;
    private long lastWrite;

    LatestWrites(LatestValues latest, long now) {
        this.latest = latest;
        this.lastWrite = now;
    }

    /**
     * Takes over what has committed.
     *
     * @param values the last value of each series, later than all before
     * @param millisBehind how far the shard is behind
     * @param now nanoseconds of the monotonic clock
     */
    void add(Batch batch, Map<SeriesId, LatestValue> values, long millisBehind, long now) {
        if (!batch.isNone()) {
            waiting.putAll(values);
            arrivedFrom = Math.min(arrivedFrom, batch.arrivedFrom());
            arrivedTo = Math.max(arrivedTo, batch.arrivedTo());
        }
        if (millisBehind <= FAR_BEHIND_MILLIS || waiting.size() >= MAX_WAITING) {
            write(now);
        } else {
            writeIfDue(now);
        }
    }

    /** Brings over what waits where the last time is a while ago. */
    void writeIfDue(long now) {
        if (now - lastWrite >= FAR_BEHIND_INTERVAL_NANOS) {
            write(now);
        }
    }

    /** Brings over what still waits. */
    void write(long now) {
        if (arrivedTo == Long.MIN_VALUE) {
            return;
        }
        Map<String, List<LatestValue>> bySensor = new HashMap<>();
        waiting.forEach((series, value) -> bySensor.computeIfAbsent(series.sensorId(), _ -> new ArrayList<>())
                .add(value));
        latest.update(bySensor, arrivedFrom, arrivedTo);
        waiting.clear();
        arrivedFrom = Long.MAX_VALUE;
        arrivedTo = Long.MIN_VALUE;
        lastWrite = now;
    }
}
