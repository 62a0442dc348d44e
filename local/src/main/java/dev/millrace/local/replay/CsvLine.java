package dev.millrace.local.replay;

import java.time.Instant;

/** One line of a CSV file after its header. */
public sealed interface CsvLine {

    /** The line's number in the file, 1 for the header. */
    long number();

    /**
     * A reading.
     *
     * @param value finite
     */
    record Row(long number, Instant timestamp, double value) implements CsvLine {
        public Row {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a value must be finite");
            }
        }
    }

    /** A line that is no reading, with what is wrong with it. */
    record Bad(long number, String reason) implements CsvLine {}
}
