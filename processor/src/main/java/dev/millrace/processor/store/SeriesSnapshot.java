package dev.millrace.processor.store;

import dev.millrace.core.wire.HashKey;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Series;
import java.util.List;
import java.util.OptionalLong;

/**
 * A series as its detector knows it, to be written down.
 *
 * @param lastAt the timestamp of its latest value, microseconds since 1970
 * @param dueAt the earliest stream time at which it must be looked at though nothing arrives, microseconds since 1970
 * @param watched whether that is so, or an anomaly is open
 * @param open its open anomalies, as they stand
 * @param state not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SeriesSnapshot(
        SeriesId id, long lastAt, OptionalLong dueAt, boolean watched, List<Detection.Changed> open, byte[] state) {

    /** A series as it is now. */
    public static SeriesSnapshot of(SeriesId id, Series series) {
        return new SeriesSnapshot(
                id, series.lastAt(), series.dueAt(), series.isWatched(), series.open(id), series.encode());
    }

    /** By which a shard finds the snapshots of its own sensors: the first 60 bits of the sensor's place, so that it is never negative. */
    static long hashKey(HashKey key) {
        return key.high() >>> 4;
    }

    long hashKey() {
        return hashKey(HashKey.ofPartitionKey(id.sensorId()));
    }
}
