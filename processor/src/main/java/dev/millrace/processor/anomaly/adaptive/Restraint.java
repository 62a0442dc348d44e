package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * One alarm for one thing: after an unusual value it is quiet for some values and some time, unless something much more unusual
 * comes. On the Numenta Anomaly Benchmark this is worth more than the choice of the statistic, and operators see
 * it the same way: it is the off-delay and re-alarm of alarm management (ISA-18.2, IEC 62682).
 */
final class Restraint {

    static final int BYTES = Double.BYTES + Integer.BYTES + Long.BYTES;

    /** The surprise that fired last, or fired again since; 0: none has yet. */
    private double fired;

    private int quietValues;
    private long since;

    /**
     * Lets a surprise through, or not.
     *
     * @param surprise 1 and more is unusual
     * @return the surprise, or 0 as long as it is quiet
     */
    double pass(long at, double surprise, Tuning tuning) {
        boolean quiet = fired > 0
                && (quietValues > 0 || (double) at - since < tuning.quietFor().toNanos() / 1e3);
        quietValues = Math.max(0, quietValues - 1);
        if (quiet && surprise <= fired * tuning.fireAgain()) {
            return 0;
        }
        if (surprise >= 1) {
            fired = surprise;
            quietValues = tuning.quietValues();
            since = at;
        }
        return surprise;
    }

    void write(ByteBuffer to) {
        to.putDouble(fired).putInt(quietValues).putLong(since);
    }

    void read(ByteBuffer from) {
        fired = from.getDouble();
        quietValues = from.getInt();
        since = from.getLong();
    }
}
