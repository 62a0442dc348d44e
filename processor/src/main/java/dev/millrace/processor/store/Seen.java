package dev.millrace.processor.store;

/**
 * When readings of a sensor arrived in the stream, microseconds since 1970.
 *
 * @param first the earliest of them
 * @param last the latest of them
 */
public record Seen(long first, long last) {

    /** Both together. */
    public Seen with(long arrivedAt) {
        return new Seen(Math.min(first, arrivedAt), Math.max(last, arrivedAt));
    }
}
