package dev.millrace.processor.store;

/** What became of asking something outside. */
public sealed interface Loaded<T> {

    /** What was asked for. */
    record Found<T>(T value) implements Loaded<T> {}

    /**
     * It was away, or refused.
     *
     * @param reason for people, without values and secrets
     */
    record Unavailable<T>(String reason) implements Loaded<T> {}
}
