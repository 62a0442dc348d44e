package dev.millrace.processor.store;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The snapshots of one commit: one statement, in the order of the primary key, so that no two commits lock crosswise. */
final class PgSnapshots {

    private static final String WRITE = """
            INSERT INTO detector_snapshot (sensor_key, metric_key, hash_key, timed, due_at, state)
            SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::boolean[], $5::timestamptz[], $6::bytea[])
            ON CONFLICT (sensor_key, metric_key) DO UPDATE
                SET timed = excluded.timed, due_at = excluded.due_at, state = excluded.state
            """;

    private PgSnapshots() {}

    private record Keyed(PgKeys.Key key, SeriesSnapshot snapshot) {}

    static void send(
            PgSession.Open transaction, PgKeys keys, List<SeriesSnapshot> snapshots, List<Future<RowSet<Row>>> sent) {
        if (snapshots.isEmpty()) {
            return;
        }
        List<Keyed> sorted = new ArrayList<>(snapshots.size());
        snapshots.forEach(snapshot -> sorted.add(new Keyed(keys.key(snapshot.id()), snapshot)));
        sorted.sort(Comparator.comparing(Keyed::key));
        int count = sorted.size();
        Integer[] sensorKeys = new Integer[count];
        Integer[] metricKeys = new Integer[count];
        Long[] hashKeys = new Long[count];
        Boolean[] timed = new Boolean[count];
        @Nullable OffsetDateTime[] dueAt = new OffsetDateTime[count];
        Buffer[] states = new Buffer[count];
        for (int i = 0; i < count; i++) {
            Keyed keyed = sorted.get(i);
            sensorKeys[i] = keyed.key.sensor();
            metricKeys[i] = keyed.key.metric();
            hashKeys[i] = keyed.snapshot.hashKey();
            timed[i] = keyed.snapshot.watched();
            dueAt[i] = PgTime.orNull(keyed.snapshot.dueAt());
            states[i] = Buffer.buffer(keyed.snapshot.state());
        }
        sent.add(transaction.send(
                WRITE, Tuple.wrap(new Object[] {sensorKeys, metricKeys, hashKeys, timed, dueAt, states})));
    }
}
