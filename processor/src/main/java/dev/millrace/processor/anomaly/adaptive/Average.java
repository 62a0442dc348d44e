package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * An exponentially weighted moving average (Roberts, "Control Chart Tests Based on Geometric Moving Averages", 1959), a plain one as
 * long as there are few values.
 */
final class Average {

    static final int BYTES = Double.BYTES + Integer.BYTES;

    private double value;
    private int count;

    double value() {
        return value;
    }

    /** @param rate the part of the difference by which it follows */
    void learn(double next, double rate) {
        if (count < Integer.MAX_VALUE) {
            count++;
        }
        value += Math.max(rate, 1.0 / count) * (next - value);
    }

    void write(ByteBuffer to) {
        to.putDouble(value).putInt(count);
    }

    void read(ByteBuffer from) {
        value = from.getDouble();
        count = from.getInt();
    }
}
