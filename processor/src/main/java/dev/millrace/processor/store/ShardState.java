package dev.millrace.processor.store;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is stored of a shard's reading.
 *
 * @param owner who reads it; empty where it was given up, and anybody may take it
 * @param arrivedAt when the record at the position arrived, microseconds since 1970; empty before the first
 * @param startAt where reading begins, by arrival, microseconds since 1970; empty: at the oldest record. Counts only before
 *     the first record
 * @param streamTime all that arrived before was read, microseconds since 1970; empty: nothing was read yet
 * @param cachedTo all that arrived before has reached the cache of latest values, microseconds since 1970; empty: nothing yet
 * @param beat changes with every change of the row, be it only a sign of life
 * @param detector what is stored of its detector
 */
public record ShardState(
        Progress progress,
        Optional<String> owner,
        OptionalLong arrivedAt,
        OptionalLong startAt,
        OptionalLong streamTime,
        OptionalLong cachedTo,
        long beat,
        DetectorState detector) {}
