package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/** A shard's store in PostgreSQL. */
public final class PgShardStore implements ShardStore {

    private static final String RELEASE = """
            WITH released AS (
                UPDATE shard_progress SET owner = NULL, beat = beat + 1, updated_at = now()
                WHERE stream = $1 AND stream_created = $2 AND shard_id = $3 AND epoch = $4
                RETURNING shard_id)
            SELECT pg_notify('%s', shard_id)::text FROM released
            """.formatted(PgShardNotices.CHANNEL);

    /** {@code kinds} keeps the search for a latest value out of a table in which the series has none. */
    static final String LAST = """
            LEFT JOIN LATERAL (SELECT at, value FROM measurement r
                WHERE s.kinds & 1 <> 0 AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key
                ORDER BY at DESC LIMIT 1) n ON true
            LEFT JOIN LATERAL (SELECT at, value FROM state r
                WHERE s.kinds & 2 <> 0 AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key
                ORDER BY at DESC LIMIT 1) t ON true
            """;

    /** A series of which retention has dropped all rows may still have an anomaly that is open. */
    private static final String SERIES = """
            SELECT k.sensor_id, k.name, greatest(n.at, t.at, a.at), coalesce(a.rules, '{}')
            FROM unnest($1::text[], $2::text[]) AS k (sensor_id, name)
            JOIN sensor USING (sensor_id) JOIN metric USING (name) JOIN series s USING (sensor_key, metric_key)
            """ + LAST + """
            LEFT JOIN LATERAL (SELECT max(opened_at) AS at, array_agg(rule ORDER BY rule) AS rules FROM anomaly a
                WHERE a.sensor_key = s.sensor_key AND a.metric_key = s.metric_key AND a.closed_at IS NULL) a ON true
            WHERE greatest(n.at, t.at, a.at) IS NOT NULL
            """;

    private final ShardKey shard;
    private final PgSession session;
    private final PgKeys keys;

    /** @param capacity how many series' keys it may remember */
    public PgShardStore(Pool pool, ShardKey shard, IntSupplier capacity) {
        this.shard = shard;
        this.session = new PgSession(pool, this::forget);
        this.keys = new PgKeys(session, capacity);
    }

    private void forget() {
        keys.clear();
    }

    @Override
    public Loaded<ShardState> state() {
        return session.load(() -> {
            RowSet<Row> rows = session.query(PgShardStates.OF_SHARD, key());
            if (rows.size() == 0) {
                throw new IllegalStateException("the shard was never taken");
            }
            return PgShardStates.state(rows.iterator().next());
        });
    }

    private Tuple key() {
        return Tuple.of(shard.stream(), PgTime.of(shard.streamCreated()), shard.shardId());
    }

    @Override
    public Loaded<Boolean> release(long epoch) {
        return session.load(() -> session.query(RELEASE, key().addLong(epoch)).size() == 1);
    }

    @Override
    public Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids) {
        return session.load(() -> {
            String[] sensorIds = ids.stream().map(SeriesId::sensorId).toArray(String[]::new);
            String[] names = ids.stream().map(SeriesId::metric).toArray(String[]::new);
            Map<SeriesId, SeriesState> states = HashMap.newHashMap(ids.size());
            for (Row row : session.query(
                    SERIES, Tuple.tuple().addArrayOfString(sensorIds).addArrayOfString(names))) {
                states.put(
                        new SeriesId(row.getString(0), row.getString(1)),
                        new SeriesState(PgTime.micros(row.getOffsetDateTime(2)), List.of(row.getArrayOfStrings(3))));
            }
            return states;
        });
    }

    @Override
    public CommitResult commit(Progress from, Work work) {
        PgSession.Open transaction;
        CommitResult result;
        try {
            Optional<CommitResult.Refused> refused = resolveKeys(work);
            if (refused.isPresent()) {
                return refused.get();
            }
            transaction = session.begin();
            result = new PgCommit(transaction, keys, shard).write(from, work);
        } catch (RuntimeException e) {
            session.drop();
            return new CommitResult.Unavailable(PgSession.reason(e));
        }
        try {
            if (result instanceof CommitResult.Committed) {
                transaction.commit();
            } else {
                transaction.rollback();
            }
            return result;
        } catch (RuntimeException e) {
            // whether it has committed, nobody here knows: the position, read again, tells
            session.drop();
            return new CommitResult.Unavailable("the outcome of a commit is unknown: " + PgSession.reason(e));
        }
    }

    /** The names come with the rows: one that is refused is a row that is refused. */
    private Optional<CommitResult.Refused> resolveKeys(Work work) {
        try {
            keys.resolve(PgCommit.kinds(work.samples()));
            return Optional.empty();
        } catch (PgSession.Failure e) {
            return Optional.of(PgRefusal.ofRow(e).orElseThrow(() -> e));
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
