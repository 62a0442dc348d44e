package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What is kept of a stream's shards in PostgreSQL. */
public final class PgStreamStore implements StreamStore {

    private static final String START = "SELECT starts_at FROM stream_start WHERE stream = $1 AND stream_created = $2";

    /**
     * One of several who resolve at once gets the row in, the others wait for it to commit. Shards of which something is stored
     * already were begun by an earlier version, at their oldest records, and so the stream was.
     */
    private static final String RESOLVE = """
            INSERT INTO stream_start (stream, stream_created, starts_at)
            SELECT $1::text, $2::timestamptz,
                CASE WHEN NOT EXISTS (SELECT FROM shard_progress WHERE stream = $1 AND stream_created = $2) THEN $3::timestamptz END
            ON CONFLICT DO NOTHING
            RETURNING starts_at
            """;

    private static final String START_SHARDS = """
            INSERT INTO shard_progress (stream, stream_created, shard_id, start_at)
            SELECT $1::text, $2::timestamptz, shard_id, $3::timestamptz FROM unnest($4::text[]) AS s (shard_id)
            ON CONFLICT DO NOTHING
            """;

    /** Milliseconds of the clock: so no number is given twice, even where a fail-over has lost those given last. */
    private static final String NOW_MILLIS = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    /** A shard that came of others goes on with the rules by which those were read, or later ones. */
    private static final String TAKE_NEW = """
            INSERT INTO shard_progress (stream, stream_created, shard_id, owner, epoch, rules_version, rules_settling)
            SELECT $1::text, $2::timestamptz, $3::text, $4::text, %s, max(rules_version), max(rules_version) IS NOT NULL
            FROM shard_progress WHERE stream = $1 AND stream_created = $2
            ON CONFLICT DO NOTHING
            RETURNING epoch
            """.formatted(NOW_MILLIS);

    private static final String TAKE = """
            UPDATE shard_progress SET owner = $4, epoch = greatest(epoch + 1, %s), beat = beat + 1, updated_at = now()
            WHERE stream = $1 AND stream_created = $2 AND shard_id = $3
                AND epoch = $5 AND owner IS NOT DISTINCT FROM $6 AND beat = $7
            RETURNING epoch
            """.formatted(NOW_MILLIS);

    private final PgSession session;
    private final String stream;
    private final OffsetDateTime streamCreated;

    /** @param streamCreated microseconds since 1970 */
    public PgStreamStore(Pool pool, String stream, long streamCreated) {
        this.session = new PgSession(pool, () -> {});
        this.stream = stream;
        this.streamCreated = PgTime.of(streamCreated);
    }

    @Override
    public Loaded<OptionalLong> begin(StartPosition wanted, long now, List<String> shardIds) {
        OptionalLong start =
                switch (wanted) {
                    case StartPosition.TrimHorizon _ -> OptionalLong.empty();
                    case StartPosition.Latest _ -> OptionalLong.of(now);
                    case StartPosition.At(long micros) -> OptionalLong.of(micros);
                };
        return session.load(() -> {
            RowSet<Row> stored = session.query(START, stream());
            if (stored.size() == 0) {
                resolve(start, shardIds);
                stored = session.query(START, stream());
            }
            return PgTime.optional(stored.iterator().next().getOffsetDateTime(0));
        });
    }

    private void resolve(OptionalLong start, List<String> shardIds) {
        PgSession.Open transaction = session.begin();
        RowSet<Row> resolved = transaction.query(RESOLVE, stream().addOffsetDateTime(PgTime.orNull(start)));
        if (resolved.size() == 1) {
            OffsetDateTime startsAt = resolved.iterator().next().getOffsetDateTime(0);
            if (startsAt != null) {
                String[] sorted = shardIds.stream().sorted().toArray(String[]::new);
                transaction.query(
                        START_SHARDS, stream().addOffsetDateTime(startsAt).addArrayOfString(sorted));
            }
        }
        transaction.commit();
    }

    @Override
    public Loaded<Map<String, ShardState>> shards() {
        return session.load(() -> {
            Map<String, ShardState> states = new HashMap<>();
            for (Row row : session.query(PgShardStates.OF_STREAM, stream())) {
                states.put(PgShardStates.shardId(row), PgShardStates.state(row));
            }
            return states;
        });
    }

    @Override
    public Loaded<Optional<Long>> take(String shardId, Optional<ShardState> seen, String owner) {
        return session.load(() -> {
            try {
                Tuple key = stream().addString(shardId).addString(owner);
                RowSet<Row> taken =
                        seen.isEmpty() ? session.query(TAKE_NEW, key) : session.query(TAKE, seen(key, seen.get()));
                return taken.size() == 1 ? Optional.of(taken.iterator().next().getLong(0)) : Optional.<Long>empty();
            } catch (PgSession.Failure e) {
                if (PgRefusal.isLocked(e)) {
                    // who holds the row is about to commit, and changes it, or hangs and is cut off soon
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private static Tuple seen(Tuple key, ShardState seen) {
        return key.addLong(seen.progress().epoch())
                .addString(seen.owner().orElse(null))
                .addLong(seen.beat());
    }

    private Tuple stream() {
        return Tuple.of(stream, streamCreated);
    }

    @Override
    public void close() {
        session.close();
    }
}
