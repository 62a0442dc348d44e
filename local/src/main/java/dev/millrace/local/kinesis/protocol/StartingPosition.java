package dev.millrace.local.kinesis.protocol;

import java.time.Instant;

/** Where a shard iterator starts: the five iterator types of GetShardIterator. */
public sealed interface StartingPosition {

    /** The oldest record that is still stored. */
    record TrimHorizon() implements StartingPosition {}

    /** After the newest record of the moment. */
    record Latest() implements StartingPosition {}

    record AtSequenceNumber(String sequenceNumber) implements StartingPosition {}

    record AfterSequenceNumber(String sequenceNumber) implements StartingPosition {}

    /** The first record that arrived then or later. */
    record AtTimestamp(Instant timestamp) implements StartingPosition {}
}
