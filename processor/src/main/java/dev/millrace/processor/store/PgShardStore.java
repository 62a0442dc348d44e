package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A shard's store in PostgreSQL. */
public final class PgShardStore implements ShardStore {

    private static final String PROGRESS = """
            SELECT sequence_number, sub_sequence_number, epoch, closed FROM shard_progress
            WHERE stream = $1 AND stream_created = $2 AND shard_id = $3
            """;

    /** {@code kinds} keeps the search for a latest value out of a table in which the series has none. */
    static final String LAST = """
            LEFT JOIN LATERAL (SELECT at, value FROM measurement r
                WHERE s.kinds & 1 <> 0 AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key
                ORDER BY at DESC LIMIT 1) n ON true
            LEFT JOIN LATERAL (SELECT at, value FROM state r
                WHERE s.kinds & 2 <> 0 AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key
                ORDER BY at DESC LIMIT 1) t ON true
            """;

    private static final String SERIES = """
            SELECT k.sensor_id, k.name, greatest(n.at, t.at),
                ARRAY(SELECT a.rule FROM anomaly a
                    WHERE a.sensor_key = s.sensor_key AND a.metric_key = s.metric_key AND a.closed_at IS NULL ORDER BY 1)
            FROM unnest($1::text[], $2::text[]) AS k (sensor_id, name)
            JOIN sensor USING (sensor_id) JOIN metric USING (name) JOIN series s USING (sensor_key, metric_key)
            """ + LAST + "WHERE greatest(n.at, t.at) IS NOT NULL";

    private final ShardKey shard;
    private final String owner;
    private final PgSession session;
    private final PgKeys keys;

    /** @param owner who works on the shard, for people who look at the progress */
    public PgShardStore(Pool pool, ShardKey shard, String owner) {
        this.shard = shard;
        this.owner = owner;
        this.session = new PgSession(pool, this::forget);
        this.keys = new PgKeys(session);
    }

    private void forget() {
        keys.clear();
    }

    @Override
    public Loaded<ShardState> state() {
        throw new UnsupportedOperationException(PROGRESS + PgTime.of(shard.streamCreated()));
    }

    @Override
    public Loaded<Boolean> release(long epoch) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids) {
        return load(() -> {
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
            keys.resolve(PgCommit.kinds(work.samples()));
            transaction = session.begin();
            result = new PgCommit(transaction, keys, shard, owner).write(from, work);
        } catch (RuntimeException e) {
            // giving the connection back rolls back what is open
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

    @Override
    public void close() {
        session.drop();
    }

    private <T> Loaded<T> load(Supplier<T> query) {
        try {
            return new Loaded.Found<>(query.get());
        } catch (RuntimeException e) {
            session.drop();
            return new Loaded.Unavailable<>(PgSession.reason(e));
        }
    }
}
