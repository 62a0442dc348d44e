package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * The range in which values have been, as far as it is remembered: it widens at once and shrinks towards its middle a little with
 * each value. How far a value lies beyond it tells how new the value is. In a steady series records grow rare by themselves, so
 * no distribution need be assumed and one margin serves all series; and since the range shrinks, what was last seen long ago
 * is new again.
 *
 * <p>That the extremes tell anomalies, not the body of the distribution, is from Siffer, Fouque, Termier and Largouët, "Anomaly
 * Detection in Streams with Extreme Value Theory" (KDD 2017); the shrinking range stands where they fit a tail. One value widens
 * it by a bounded number of widths only, the bounded influence of robust statistics (Huber, "Robust Estimation of a Location
 * Parameter", 1964): a single wild value does not blind it, and what stays away is learnt in a few values all the same.
 */
final class RememberedRange {

    static final int BYTES = 2 * Double.BYTES + 1;

    private double low;
    private double high;
    private boolean empty = true;

    /** How far a value lies outside; 0 when it lies within or is the first. */
    double beyond(double value) {
        return empty ? 0 : Math.max(0, Math.max(value - high, low - value));
    }

    double width() {
        return high - low;
    }

    /** The largest absolute value in it. */
    double magnitude() {
        return Math.max(Math.abs(low), Math.abs(high));
    }

    /**
     * Takes a value in.
     *
     * @param forgetting the part of its width that it loses, in [0, 1]
     * @param growth the most by which it widens, in widths; a range of one point widens as far as it must
     */
    void learn(double value, double forgetting, double growth) {
        if (empty) {
            empty = false;
            low = value;
            high = value;
            return;
        }
        double most = width() > 0 ? growth * width() : Double.MAX_VALUE;
        if (value > high) {
            high = value - high > most ? high + most : value;
        } else if (value < low) {
            low = low - value > most ? low - most : value;
        }
        double shrink = forgetting * (width() / 2);
        high -= shrink;
        low += shrink;
    }

    void write(ByteBuffer to) {
        to.putDouble(low).putDouble(high).put((byte) (empty ? 1 : 0));
    }

    void read(ByteBuffer from) {
        low = from.getDouble();
        high = from.getDouble();
        empty = from.get() != 0;
    }
}
