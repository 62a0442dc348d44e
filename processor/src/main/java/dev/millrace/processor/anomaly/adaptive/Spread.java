package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * The standard deviation of as much of a series as is remembered: exponentially weighted (Finch, "Incremental calculation of
 * weighted mean and variance", 2009), with equal weights as long as there are few values.
 */
final class Spread {

    static final int BYTES = 2 * Double.BYTES + Integer.BYTES;

    private double mean;
    private double deviation;
    private int count;

    double deviation() {
        return deviation;
    }

    /** @param forgetting the weight that a value has at least, in [0, 1] */
    void learn(double value, double forgetting) {
        if (count < Integer.MAX_VALUE) {
            count++;
        }
        double weight = Math.max(forgetting, 1.0 / count);
        double off = value - mean;
        mean += weight * off;
        if (count == 1) {
            return;
        }
        // squares of parts of the larger one: those of values like 1e200 or 1e-200 would not fit into a double
        double larger = Math.max(deviation, Math.abs(off));
        if (larger > 0) {
            double before = deviation / larger;
            double now = off / larger;
            deviation = larger * Math.sqrt((1 - weight) * (before * before + weight * now * now));
        }
    }

    void write(ByteBuffer to) {
        to.putDouble(mean).putDouble(deviation).putInt(count);
    }

    void read(ByteBuffer from) {
        mean = from.getDouble();
        deviation = from.getDouble();
        count = from.getInt();
    }
}
