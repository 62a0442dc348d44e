package dev.millrace.core.reading;

/** What a body was as a whole; its items have gone to the {@link ReadingSink}. */
public sealed interface BodyResult {

    /** A body that is well-formed; {@code single}: it was one JSON value rather than an array or lines. */
    record Complete(boolean single) implements BodyResult {}

    /**
     * A body that is not in its format: what was decoded of it does not count.
     *
     * @param line where, from 1
     * @param column the byte within the line, from 1
     */
    record Malformed(String detail, int line, int column) implements BodyResult {}

    /** A body with more readings than one request may carry: what was decoded of it does not count. */
    record TooMany(int limit) implements BodyResult {}
}
