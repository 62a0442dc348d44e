package dev.millrace.core.reading;

/** One named value of a reading. Names match {@code [A-Za-z_][A-Za-z0-9_.-]{0,63}}. */
public sealed interface Measurement {

    String name();

    /** A number; a boolean is 1 or 0. The value is finite. */
    record Numeric(String name, double value) implements Measurement {
        public Numeric {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a measurement must be finite");
            }
        }
    }

    /** A state such as RUNNING: at most 256 UTF-16 code units, no U+0000, no lone surrogate. */
    record State(String name, String value) implements Measurement {}
}
