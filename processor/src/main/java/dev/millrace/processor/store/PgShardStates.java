package dev.millrace.processor.store;

import io.vertx.sqlclient.Row;
import java.util.Optional;
import java.util.OptionalInt;

/** How a shard's state is read from its row. */
final class PgShardStates {

    private static final String COLUMNS = """
            SELECT sequence_number, sub_sequence_number, epoch, closed, owner, start_at, stream_time, cached_to, beat, shard_id, arrived_at,
                snapshot_sequence_number, snapshot_sub_sequence_number, snapshot_stream_time, rules_version, rules_settling
            FROM shard_progress WHERE stream = $1 AND stream_created = $2
            """;

    static final String OF_STREAM = COLUMNS;
    static final String OF_SHARD = COLUMNS + "AND shard_id = $3";

    private PgShardStates() {}

    static ShardState state(Row row) {
        Position position = new Position(row.getString(0), row.getLong(1));
        return new ShardState(
                new Progress(position, row.getLong(2), row.getBoolean(3)),
                Optional.ofNullable(row.getString(4)),
                PgTime.optional(row.getOffsetDateTime(10)),
                PgTime.optional(row.getOffsetDateTime(5)),
                PgTime.optional(row.getOffsetDateTime(6)),
                PgTime.optional(row.getOffsetDateTime(7)),
                row.getLong(8),
                detector(row));
    }

    private static DetectorState detector(Row row) {
        String sequenceNumber = row.getString(11);
        Integer rulesVersion = row.getInteger(14);
        return new DetectorState(
                sequenceNumber == null
                        ? Optional.empty()
                        : Optional.of(new Mark(
                                new Position(sequenceNumber, row.getLong(12)),
                                PgTime.optional(row.getOffsetDateTime(13)))),
                rulesVersion == null ? OptionalInt.empty() : OptionalInt.of(rulesVersion),
                row.getBoolean(15));
    }

    static String shardId(Row row) {
        return row.getString(9);
    }
}
