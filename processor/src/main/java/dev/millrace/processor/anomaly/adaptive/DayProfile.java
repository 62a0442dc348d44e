package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * What is usual at an hour of the day (UTC). An hour is compared with the same hour of the days before and joins them when it is
 * over. Older days count less and less, so that seasons and new shift plans are followed. It is the seasonal part of Holt and
 * Winters ("Forecasting Sales by Exponentially Weighted Moving Averages", 1960) with the period given, not sought: factories
 * and people live by days.
 */
final class DayProfile {

    private static final int HOURS = 24;

    private static final long HOUR = TimeUnit.HOURS.toMicros(1);

    /** Some five days count. */
    private static final double RATE = 0.2;

    static final int BYTES = HOURS * (Double.BYTES + Byte.BYTES) + Long.BYTES + Average.BYTES;

    private final double[] usual = new double[HOURS];
    private final byte[] days = new byte[HOURS];
    private long hour = Long.MIN_VALUE;
    private Average now = new Average();

    /** Whether this hour of the day was seen on an earlier day. */
    boolean knows(long at) {
        return days[ofDay(Math.floorDiv(at, HOUR))] > 0;
    }

    /** The usual value at this hour of the day, where it {@link #knows} one. */
    double usual(long at) {
        return usual[ofDay(Math.floorDiv(at, HOUR))];
    }

    void learn(long at, double value) {
        long next = Math.floorDiv(at, HOUR);
        if (next != hour) {
            if (hour != Long.MIN_VALUE) {
                join(ofDay(hour), now.value());
            }
            hour = next;
            now = new Average();
        }
        now.learn(value, 0);
    }

    private void join(int index, double average) {
        if (days[index] < Byte.MAX_VALUE) {
            days[index]++;
        }
        usual[index] += Math.max(RATE, 1.0 / days[index]) * (average - usual[index]);
    }

    private static int ofDay(long hours) {
        return (int) Math.floorMod(hours, (long) HOURS);
    }

    void write(ByteBuffer to) {
        for (double value : usual) {
            to.putDouble(value);
        }
        to.put(days).putLong(hour);
        now.write(to);
    }

    void read(ByteBuffer from) {
        for (int i = 0; i < HOURS; i++) {
            usual[i] = from.getDouble();
        }
        from.get(days);
        hour = from.getLong();
        now.read(from);
    }
}
