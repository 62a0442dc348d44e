package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** All that a store holds, of one shard where it is kept by shard, to be compared. */
public record StoredContent(
        long userRecords,
        Map<SeriesId, Map<Long, Measurement>> samples,
        Map<UUID, StoredAnomaly> anomalies,
        List<Position> deadLetters,
        List<Gap> gaps,
        Map<String, Seen> seen) {}
