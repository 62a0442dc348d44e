package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.detect.Detection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What commits together with a position.
 *
 * @param position where the shard's reading stands afterwards
 * @param arrivedAt when the record there arrived, microseconds since 1970; empty where no record was read
 * @param streamTime all that arrived before was read, microseconds since 1970; empty: no more than was known
 * @param cachedTo all that arrived before is in the cache, microseconds since 1970; empty: no more than was known
 * @param closed whether the shard ends there
 * @param userRecords how many user records were read, dead letters included
 * @param samples no two with the same identity
 * @param seen the sensors whose readings these are
 * @param gap what was trimmed before it was read, just before these
 * @param snapshots what of the detector's state goes with it
 */
public record Work(
        Position position,
        OptionalLong arrivedAt,
        OptionalLong streamTime,
        OptionalLong cachedTo,
        boolean closed,
        int userRecords,
        List<Sample> samples,
        List<DeadLetter> deadLetters,
        Map<String, Seen> seen,
        Detection detection,
        Optional<Gap> gap,
        Snapshots snapshots) {}
