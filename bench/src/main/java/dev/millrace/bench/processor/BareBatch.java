package dev.millrace.bench.processor;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What the transaction of a batch has to write, keyed, in the order of the primary key, and encoded.
 *
 * @param rows how many
 */
record BareBatch(
        int rows,
        PgBinaryArray at,
        PgBinaryArray sensorKeys,
        PgBinaryArray metricKeys,
        PgBinaryArray values,
        int sensors,
        PgBinaryArray seenKeys,
        PgBinaryArray seenAt) {

    /**
     * Encodes rows.
     *
     * @param keyOfSensor by the sensor's number
     * @param arrivedAt of all of them, microseconds since 1970
     */
    static BareBatch of(Rows rows, List<Long> batch, int[] keyOfSensor, int metricKey, long arrivedAt) {
        List<Long> sorted = batch.stream()
                .sorted(Comparator.<Long>comparingInt(row -> keyOfSensor[rows.sensor(row)])
                        .thenComparingLong(rows::at))
                .toList();
        int count = sorted.size();
        long[] at = new long[count];
        int[] sensorKeys = new int[count];
        int[] metricKeys = new int[count];
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            long row = sorted.get(i);
            at[i] = rows.at(row);
            sensorKeys[i] = keyOfSensor[rows.sensor(row)];
            metricKeys[i] = metricKey;
            values[i] = rows.value(row);
        }
        int[] seen = sorted.stream()
                .mapToInt(row -> keyOfSensor[rows.sensor(row)])
                .distinct()
                .toArray();
        long[] seenAt = new long[seen.length];
        Arrays.fill(seenAt, arrivedAt);
        return new BareBatch(
                count,
                PgBinaryArray.timestamptz(at),
                PgBinaryArray.int4(sensorKeys),
                PgBinaryArray.int4(metricKeys),
                PgBinaryArray.float8(values),
                seen.length,
                PgBinaryArray.int4(seen),
                PgBinaryArray.timestamptz(seenAt));
    }
}
