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
    record Batch(boolean single, List<Reading> readings, List<Rejection> rejections) implements Decoded {}

    /** A body that is not JSON; {@code line} and {@code column} count from 1. */
    record Malformed(String detail, int line, int column) implements Decoded {}

    /** A body with more readings than one request may carry. */
    record TooMany(int limit) implements Decoded {}
}
