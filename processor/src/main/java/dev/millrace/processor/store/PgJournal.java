package dev.millrace.processor.store;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;

/** The pages of a shard's journal: one with each commit that moves the position, and away with those that the mark has passed. */
final class PgJournal {

    /** So many pages are written before old ones are looked for. */
    private static final int PAGES_BETWEEN = 16;

    private static final String WRITE = """
            INSERT INTO detector_journal (stream, stream_created, shard_id, from_sequence_number, from_sub_sequence_number,
                sequence_number, sub_sequence_number, fed)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """;

    private static final String DELETE = """
            DELETE FROM detector_journal WHERE stream = $1 AND stream_created = $2 AND shard_id = $3
                AND (sequence_number::numeric, sub_sequence_number) <= ($4::text::numeric, $5)
            """;

    private static final String BEHIND_MARK = """
            FROM detector_journal j WHERE stream = $1 AND stream_created = $2 AND shard_id = $3
                AND (j.sequence_number::numeric, j.sub_sequence_number) > (
                    SELECT coalesce(nullif(snapshot_sequence_number, ''), '-1')::numeric, coalesce(snapshot_sub_sequence_number, 0)
                    FROM shard_progress WHERE stream = $1 AND stream_created = $2 AND shard_id = $3)
            """;

    /** The length of a value that is stored outside of its row is known without reading it. */
    private static final String SIZE = "SELECT coalesce(sum(octet_length(fed)), 0)::bigint " + BEHIND_MARK;

    private static final String READ = """
            SELECT from_sequence_number, from_sub_sequence_number, j.sequence_number, j.sub_sequence_number, fed
            """ + BEHIND_MARK + "ORDER BY place";

    private final ShardKey shard;
    private int written;

    PgJournal(ShardKey shard) {
        this.shard = shard;
    }

    private Tuple key() {
        return Tuple.of(shard.stream(), PgTime.of(shard.streamCreated()), shard.shardId());
    }

    void send(PgSession.Open transaction, Work work, List<Future<RowSet<Row>>> sent) {
        work.snapshots().journal().ifPresent(page -> {
            written++;
            Tuple row = key().addString(page.from().sequenceNumber())
                    .addLong(page.from().subSequenceNumber())
                    .addString(page.to().sequenceNumber())
                    .addLong(page.to().subSequenceNumber())
                    .addBuffer(Buffer.buffer(page.fed()));
            sent.add(transaction.send(WRITE, row));
        });
        if (written >= PAGES_BETWEEN || work.closed()) {
            work.snapshots()
                    .state()
                    .flatMap(DetectorState::mark)
                    .map(Mark::position)
                    .filter(mark -> !mark.equals(Position.START))
                    .ifPresent(mark -> {
                        written = 0;
                        sent.add(transaction.send(
                                DELETE, key().addString(mark.sequenceNumber()).addLong(mark.subSequenceNumber())));
                    });
        }
    }

    /** The pages in their order; none where they are too much. */
    List<JournalPage> read(PgSession session, long mostBytes) {
        List<JournalPage> pages = new ArrayList<>();
        if (session.query(SIZE, key()).iterator().next().getLong(0) > mostBytes) {
            return pages;
        }
        for (Row row : session.query(READ, key())) {
            pages.add(new JournalPage(
                    new Position(row.getString(0), row.getLong(1)),
                    new Position(row.getString(2), row.getLong(3)),
                    row.getBuffer(4).getBytes()));
        }
        return pages;
    }
}
