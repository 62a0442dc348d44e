package dev.millrace.processor.store;

/** Where the reading of a stream begins that has never been read. */
public sealed interface StartPosition {

    /** With the oldest record that there is. */
    record TrimHorizon() implements StartPosition {}

    /** With what arrives from now on; resolved to an instant once, and that is stored. */
    record Latest() implements StartPosition {}

    /**
     * With what has arrived at an instant or after it.
     *
     * @param micros microseconds since 1970
     */
    record At(long micros) implements StartPosition {}
}
