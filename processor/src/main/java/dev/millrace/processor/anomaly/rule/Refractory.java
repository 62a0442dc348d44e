package dev.millrace.processor.anomaly.rule;

/**
 * After an anomaly opened, for how long no other of the same series, rule and condition opens, unless it is clearly worse: what
 * flutters around a limit is told once.
 *
 * @param micros from the last opening
 * @param refire by which part of itself the excess over the limit must beat that of the last peak to open nevertheless; 0.25 is a
 *     quarter more
 */
public record Refractory(long micros, double refire) {

    public static final Refractory NONE = new Refractory(0, 0);

    public Refractory {
        if (micros < 0 || !(refire >= 0 && refire <= 100)) {
            throw new IllegalArgumentException("a refractory time and its re-fire must not be negative");
        }
    }
}
