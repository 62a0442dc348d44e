package dev.millrace.processor.store;

import java.util.OptionalLong;

/**
 * A place in a shard, and the time there.
 *
 * @param streamTime as it was when the shard was read up to there, microseconds since 1970; empty: nothing was read yet
 */
public record Mark(Position position, OptionalLong streamTime) {

    /** The beginning of a shard. */
    public static final Mark START = new Mark(Position.START, OptionalLong.empty());
}
