package dev.millrace.processor.store;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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

    private static final String SERIES = """
            SELECT k.sensor_id, k.name, d.state, greatest(n.at, t.at)
            FROM unnest($1::text[], $2::text[]) AS k (sensor_id, name)
            JOIN sensor USING (sensor_id) JOIN metric USING (name) JOIN series s USING (sensor_key, metric_key)
            LEFT JOIN detector_snapshot d USING (sensor_key, metric_key)
            LEFT JOIN LATERAL (SELECT at FROM measurement r WHERE d.state IS NULL AND s.kinds & 1 <> 0
                AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key ORDER BY at DESC LIMIT 1) n ON true
            LEFT JOIN LATERAL (SELECT at FROM state r WHERE d.state IS NULL AND s.kinds & 2 <> 0
                AND r.sensor_key = s.sensor_key AND r.metric_key = s.metric_key ORDER BY at DESC LIMIT 1) t ON true
            WHERE d.state IS NOT NULL OR greatest(n.at, t.at) IS NOT NULL
            """;

    private static final String WATCHED = """
            SELECT sensor_id, name, due_at
            FROM detector_snapshot JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)
            WHERE timed AND hash_key BETWEEN $1 AND $2
            """;

    private static final String UNSTORABLE = """
            SELECT sequence_number, sub_sequence_number FROM dead_letter
            WHERE stream = $1 AND stream_created = $2 AND shard_id = $3 AND reason = $4
                AND (sequence_number::numeric, sub_sequence_number) > ($5::text::numeric, $6)
                AND (sequence_number::numeric, sub_sequence_number) <= ($7::text::numeric, $8)
            """;

    private final ShardKey shard;
    private final PgAlerts alerts;
    private final PgSession session;
    private final PgKeys keys;
    private final PgJournal journal;

    /**
     * @param alerts who is told of its anomalies
     * @param capacity how many series' keys it may remember
     */
    public PgShardStore(Pool pool, ShardKey shard, PgAlerts alerts, IntSupplier capacity) {
        this.alerts = alerts;
        this.shard = shard;
        this.session = new PgSession(pool, this::forget);
        this.keys = new PgKeys(session, capacity);
        this.journal = new PgJournal(shard);
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
    public Loaded<Map<SeriesId, StoredSeries>> series(Collection<SeriesId> ids) {
        return session.load(() -> {
            String[] sensorIds = ids.stream().map(SeriesId::sensorId).toArray(String[]::new);
            String[] names = ids.stream().map(SeriesId::metric).toArray(String[]::new);
            Map<SeriesId, StoredSeries> stored = HashMap.newHashMap(ids.size());
            for (Row row : session.query(
                    SERIES, Tuple.tuple().addArrayOfString(sensorIds).addArrayOfString(names))) {
                Buffer state = row.getBuffer(2);
                stored.put(
                        new SeriesId(row.getString(0), row.getString(1)),
                        state == null
                                ? new StoredSeries.Rows(PgTime.micros(row.getOffsetDateTime(3)))
                                : new StoredSeries.Snapshot(state.getBytes()));
            }
            return stored;
        });
    }

    @Override
    public Loaded<Map<SeriesId, OptionalLong>> watched(HashKeyRange range) {
        return session.load(() -> {
            Map<SeriesId, OptionalLong> watched = new HashMap<>();
            Tuple ends = Tuple.of(SeriesSnapshot.hashKey(range.start()), SeriesSnapshot.hashKey(range.end()));
            for (Row row : session.query(WATCHED, ends)) {
                String sensorId = row.getString(0);
                // what the first bits of the ends let in may lie just outside
                if (range.contains(HashKey.ofPartitionKey(sensorId))) {
                    watched.put(new SeriesId(sensorId, row.getString(1)), PgTime.optional(row.getOffsetDateTime(2)));
                }
            }
            return watched;
        });
    }

    @Override
    public Loaded<Set<Position>> unstorable(Position after, Position upTo) {
        return session.load(() -> {
            Set<Position> places = new HashSet<>();
            Tuple arguments = key().addString(DeadLetter.Reason.UNSTORABLE.text())
                    .addString(number(after))
                    .addLong(after.subSequenceNumber())
                    .addString(number(upTo))
                    .addLong(upTo.subSequenceNumber());
            for (Row row : session.query(UNSTORABLE, arguments)) {
                places.add(new Position(row.getString(0), row.getLong(1)));
            }
            return places;
        });
    }

    private static String number(Position position) {
        return position.equals(Position.START) ? "-1" : position.sequenceNumber();
    }

    @Override
    public Loaded<List<JournalPage>> journal(long mostBytes) {
        return session.load(() -> journal.read(session, mostBytes));
    }

    @Override
    public Loaded<Optional<String>> rules(int version) {
        return session.load(() -> {
            Optional<String> text = Optional.empty();
            for (Row row : session.query(PgRuleStore.TEXT, Tuple.of(version))) {
                text = Optional.of(row.getString(0));
            }
            return text;
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
            result = new PgCommit(transaction, keys, journal, shard, alerts).write(from, work);
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
            keys.resolve(PgCommit.kinds(work));
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
