package dev.millrace.processor.anomaly.adaptive;

import java.nio.ByteBuffer;

/**
 * How unusual each value of a series is for that series. It learns as it goes, in one pass, with no training step and the same
 * sensitivity for every series; it decides on arrival and never revises. The answer depends on the values and times alone
 * that it was given, in their order, and is the same to the bit on every machine and after {@link #write} and {@link #read} at
 * any place. docs/detection.md tells how it was made and how well it does. Not thread-safe.
 *
 * @see Novelty what is new about a value
 * @see Restraint why one thing alarms once
 */
public final class AdaptiveDetector {

    /** A score from here on is unusual. */
    public static final double THRESHOLD = 0.5;

    /** What {@link #write} writes. */
    public static final int MAX_BYTES = 1 + Integer.BYTES + Novelty.BYTES + Restraint.BYTES;

    /** The first byte of what is written. Another form must have another number. */
    private static final byte FORM = 1;

    /** Larger values count as this, so that no difference and no width of them is infinite. */
    private static final double LARGEST = 1e300;

    private final Tuning tuning;
    private final Novelty novelty = new Novelty();
    private final Restraint restraint = new Restraint();
    private int count;

    public AdaptiveDetector() {
        this(Tuning.SHIPPED);
    }

    /** For measuring what a part is worth; what is written does not tell the tuning. */
    public AdaptiveDetector(Tuning tuning) {
        this.tuning = tuning;
    }

    /**
     * Takes the series' next value.
     *
     * @param at its time, microseconds since 1970, later than that of the value before
     * @param value finite
     * @return how unusual it is, in [0, 1]; 0 at the series' beginning and for some time after an unusual value, unless it is much
     *     more unusual than that one
     */
    public double score(long at, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("the value must be finite");
        }
        double surprise = novelty.of(at, Math.clamp(value, -LARGEST, LARGEST), tuning) / tuning.margin();
        if (count < tuning.warmUp()) {
            count++;
            return 0;
        }
        double passed = restraint.pass(at, surprise, tuning);
        return passed / (1 + passed);
    }

    /** Writes all that it has learnt, {@link #MAX_BYTES} bytes. */
    public void write(ByteBuffer to) {
        to.put(FORM).putInt(count);
        novelty.write(to);
        restraint.write(to);
    }

    /**
     * One that goes on where the one was that wrote the bytes.
     *
     * @throws IllegalArgumentException when the bytes have another form
     */
    public static AdaptiveDetector read(ByteBuffer from) {
        byte form = from.get();
        if (form != FORM) {
            throw new IllegalArgumentException("unknown form of a detector's state: " + form);
        }
        AdaptiveDetector detector = new AdaptiveDetector();
        detector.count = from.getInt();
        detector.novelty.read(from);
        detector.restraint.read(from);
        return detector;
    }
}
