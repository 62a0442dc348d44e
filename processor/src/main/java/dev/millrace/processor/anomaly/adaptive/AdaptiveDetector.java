package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * How unusual each value of a series is for that series: one pass, no training step, the same sensitivity for every series. What
 * it answers depends on the values and times alone that it was given, in their order. Not thread-safe.
 */
public final class AdaptiveDetector {

    /** A score from here on is unusual. */
    public static final double THRESHOLD = 0.5;

    /** The most bytes that {@link #write} writes. */
    public static final int MAX_BYTES = 1024;

    private static final int WARM_UP = 150;

    private static final int QUIET = 150;

    private static final double RATE = 0.01;

    private long count;
    private double mean;
    private double variance;
    private long quietFor;

    public AdaptiveDetector() {}

    /**
     * Takes the series' next value.
     *
     * @param at its time, microseconds since 1970, later than that of the value before
     * @param value finite
     * @return how unusual it is, in [0, 1]; 0 for some time after an unusual value
     */
    public double score(long at, double value) {
        count++;
        double bounded = Math.clamp(value, -1e150, 1e150);
        double rate = Math.max(RATE, 1.0 / count);
        double off = bounded - mean;
        double z = variance > 0 ? Math.abs(off) / Math.sqrt(variance) : off == 0 ? 0 : 100;
        mean += rate * off;
        variance += rate * (off * off - variance);
        if (quietFor > 0) {
            quietFor--;
            return 0;
        }
        double score = count < WARM_UP ? 0 : z / (z + 5);
        if (score >= THRESHOLD) {
            quietFor = QUIET;
        }
        return score;
    }

    /** Writes all that it has learnt, at most {@link #MAX_BYTES}. */
    public void write(ByteBuffer to) {
        to.putLong(count).putDouble(mean).putDouble(variance).putLong(quietFor);
    }

    /** One that goes on, to the bit, where the one that wrote the bytes was. */
    public static AdaptiveDetector read(ByteBuffer from) {
        AdaptiveDetector detector = new AdaptiveDetector();
        detector.count = from.getLong();
        detector.mean = from.getDouble();
        detector.variance = from.getDouble();
        detector.quietFor = from.getLong();
        return detector;
    }
}
