package dev.millrace.processor.store;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Records that retention has trimmed before they were read. Nobody can tell how many there were, or whether there were any.
 *
 * @param after the last user record that was read
 * @param readTo all that arrived before was read, microseconds since 1970; empty where that is not known
 * @param resumedAt the sequence number of the oldest record that is still there; empty where there is none yet
 * @param resumedArrival when that one arrived, or the time at which there was none, microseconds since 1970
 */
public record Gap(Position after, OptionalLong readTo, Optional<String> resumedAt, long resumedArrival) {}
