package dev.millrace.processor.shard;

import dev.millrace.processor.store.Position;

/** Where a shard is read on from. */
public sealed interface ReadFrom {

    /** With the oldest record that there is. */
    record TrimHorizon() implements ReadFrom {}

    /**
     * With the first record that arrived at an instant or after it.
     *
     * @param micros microseconds since 1970
     */
    record At(long micros) implements ReadFrom {}

    /**
     * With the record of a position itself, to see that it is still there; where retention has trimmed it, with the oldest
     * record that there is.
     */
    record Resume(Position position) implements ReadFrom {}
}
