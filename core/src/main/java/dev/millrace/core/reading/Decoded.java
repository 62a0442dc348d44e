package dev.millrace.core.reading;

import java.util.List;

/** What a body holds. */
public sealed interface Decoded {

    /**
     * A body that is well-formed: its readings in order, and those of its items that are none.
     *
     * @param single whether the body was one value rather than an array
     * @param rejections in order of their index
     */
    record Batch(boolean single, List<Reading> readings, List<Rejection> rejections) implements Decoded {

        /** The places in the body of the readings: the one at {@code i} in {@link #readings} stood at {@code [i]}. */
        public int[] positions() {
            int[] positions = new int[readings.size()];
            int place = 0;
            int rejected = 0;
            for (int i = 0; i < positions.length; i++) {
                while (rejected < rejections.size() && rejections.get(rejected).index() == place) {
                    rejected++;
                    place++;
                }
                positions[i] = place++;
            }
            return positions;
        }
    }

    /** A body that is not JSON; {@code line} and {@code column} count from 1. */
    record Malformed(String detail, int line, int column) implements Decoded {}

    /** A body with more readings than one request may carry. */
    record TooMany(int limit) implements Decoded {}
}
