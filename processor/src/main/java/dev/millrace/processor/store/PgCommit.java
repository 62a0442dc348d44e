package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The statements of one commit, inside a transaction that its caller opens and ends, all on the connection of that. The first one moves the position on,
 * exactly if it is the one that the work began from: it takes the lock on the shard's row, so whoever else commits for this
 * shard waits there, and then finds another position. A statement a table, its rows as arrays.
 */
final class PgCommit {

    /** What a dead letter keeps of a record at most. */
    static final int MAX_DEAD_LETTER_BYTES = 128 * 1024;

    /** What was known of times only rises: greatest() passes over nulls. */
    private static final String MOVE_ON = """
            UPDATE shard_progress SET sequence_number = $1, sub_sequence_number = $2, arrived_at = coalesce($3, arrived_at), closed = $4,
                user_records = user_records + $5, stream_time = greatest(stream_time, $6), cached_to = greatest(cached_to, $7),
                snapshot_sequence_number = coalesce($14, snapshot_sequence_number),
                snapshot_sub_sequence_number = coalesce($15, snapshot_sub_sequence_number),
                snapshot_stream_time = coalesce($16, snapshot_stream_time),
                rules_version = coalesce($17, rules_version), rules_settling = coalesce($18, rules_settling),
                beat = beat + 1, updated_at = now()
            WHERE stream = $8 AND stream_created = $9 AND shard_id = $10
                AND epoch = $11 AND sequence_number = $12 AND sub_sequence_number = $13 AND NOT closed
                AND beat = coalesce($19, beat)
            """;

    private static final String GAP = """
            INSERT INTO gap (stream, stream_created, shard_id, after_sequence_number, after_sub_sequence_number,
                read_to, resumed_at, resumed_arrival)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
            """;

    private static final String MEASUREMENTS = """
            INSERT INTO measurement (at, sensor_key, metric_key, value)
            SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::int[], $4::float8[]) AS r (at, sensor_key, metric_key, value)
            """;
    private static final String STATES = """
            INSERT INTO state (at, sensor_key, metric_key, value)
            SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::int[], $4::text[]) AS r (at, sensor_key, metric_key, value)
            """;
    private static final String UNLESS_STORED = "ON CONFLICT DO NOTHING";

    /** Only for rows of series that have both kinds: an identity counts once, whichever table has it. */
    private static final String UNLESS_IN_OTHER = """
            WHERE NOT EXISTS (SELECT FROM %s o
                WHERE o.sensor_key = r.sensor_key AND o.metric_key = r.metric_key AND o.at = r.at)
            """;

    private static final String DEAD_LETTERS = """
            INSERT INTO dead_letter (stream, stream_created, shard_id, sequence_number, sub_sequence_number, arrived_at,
                reason, field, detail, data)
            SELECT $1::text, $2::timestamptz, $3::text, * FROM unnest($4::text[], $5::bigint[], $6::timestamptz[], $7::text[],
                $8::text[], $9::text[], $10::bytea[])
            ON CONFLICT DO NOTHING
            """;
    private static final String SEEN = """
            UPDATE sensor s SET first_seen = least(s.first_seen, v.first), last_seen = greatest(s.last_seen, v.last)
            FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS v (sensor_key, first, last)
            WHERE s.sensor_key = v.sensor_key
            """;

    private final PgSession.Open transaction;
    private final PgKeys keys;
    private final PgAlerts alerts;
    private final PgJournal journal;
    private final ShardKey shard;

    PgCommit(PgSession.Open transaction, PgKeys keys, PgJournal journal, ShardKey shard, PgAlerts alerts) {
        this.alerts = alerts;
        this.journal = journal;
        this.transaction = transaction;
        this.keys = keys;
        this.shard = shard;
    }

    private record Keyed(PgKeys.Key key, Sample sample) {}

    private static final Comparator<Keyed> BY_KEY =
            Comparator.comparing(Keyed::key).thenComparingLong(keyed -> keyed.sample.at());

    /** The series that work is about, and the kinds of value that it has of them, perhaps none. */
    static Map<SeriesId, Integer> kinds(Work work) {
        Map<SeriesId, Integer> kinds = new HashMap<>();
        for (Sample sample : work.samples()) {
            kinds.merge(sample.series(), kind(sample.measurement()), (a, b) -> a | b);
        }
        work.detection().opened().forEach(one -> kinds.putIfAbsent(one.anomaly().series(), 0));
        work.snapshots().series().forEach(one -> kinds.putIfAbsent(one.id(), 0));
        return kinds;
    }

    private static int kind(Measurement measurement) {
        return switch (measurement) {
            case Measurement.Numeric _ -> PgKeys.NUMERIC;
            case Measurement.State _ -> PgKeys.STATE;
        };
    }

    /**
     * Writes all of it, or nothing where the position or the epoch has changed. The keys of its rows must be resolved. Where a
     * row is refused, or this throws, the transaction must be rolled back.
     */
    CommitResult write(Progress from, Work work) {
        if (!movesOn(from, work)) {
            return new CommitResult.Fenced();
        }
        List<Future<RowSet<Row>>> own = new ArrayList<>();
        work.gap().ifPresent(gap -> insertGap(gap, own));
        if (work.closed()) {
            // the shards that follow upon this one may begin
            own.add(transaction.send(PgShardNotices.NOTIFY, Tuple.of(shard.shardId())));
        }
        List<Future<RowSet<Row>>> samples = insertSamples(work.samples());
        List<Future<RowSet<Row>>> others = new ArrayList<>();
        PgAnomalies anomalies = new PgAnomalies(transaction, keys, work.detection(), work.snapshots());
        anomalies.send();
        PgSnapshots.send(transaction, keys, work.snapshots().series(), others);
        journal.send(transaction, work, others);
        insertDeadLetters(work.deadLetters(), others);
        updateSensors(work.seen(), others);
        // in the order in which they were sent: after the first that fails, each fails for that alone
        own.forEach(PgSession::await);
        try {
            int rows = 0;
            for (Future<RowSet<Row>> insert : samples) {
                rows += PgSession.await(insert).rowCount();
            }
            // from here on it is known what was opened and closed
            others.addAll(alerts.tell(transaction, anomalies.await()));
            others.forEach(PgSession::await);
            return new CommitResult.Committed(rows);
        } catch (PgSession.Failure e) {
            return PgRefusal.ofRow(e).orElseThrow(() -> e);
        }
    }

    private boolean movesOn(Progress from, Work work) {
        Optional<DetectorState> detector = work.snapshots().state();
        Optional<Mark> mark = detector.flatMap(DetectorState::mark);
        Tuple arguments = Tuple.tuple()
                .addString(work.position().sequenceNumber())
                .addLong(work.position().subSequenceNumber())
                .addOffsetDateTime(PgTime.orNull(work.arrivedAt()))
                .addBoolean(work.closed())
                .addLong((long) work.userRecords())
                .addOffsetDateTime(PgTime.orNull(work.streamTime()))
                .addOffsetDateTime(PgTime.orNull(work.cachedTo()))
                .addString(shard.stream())
                .addOffsetDateTime(PgTime.of(shard.streamCreated()))
                .addString(shard.shardId())
                .addLong(from.epoch())
                .addString(from.position().sequenceNumber())
                .addLong(from.position().subSequenceNumber())
                .addString(mark.map(at -> at.position().sequenceNumber()).orElse(null))
                .addLong(mark.map(at -> at.position().subSequenceNumber()).orElse(null))
                .addOffsetDateTime(PgTime.orNull(mark.map(Mark::streamTime).orElseGet(OptionalLong::empty)))
                .addInteger(detector.map(DetectorState::rulesVersion)
                        .filter(OptionalInt::isPresent)
                        .map(OptionalInt::getAsInt)
                        .orElse(null))
                .addBoolean(detector.map(DetectorState::settling).orElse(null))
                .addLong(
                        work.snapshots().beat().isPresent()
                                ? Long.valueOf(work.snapshots().beat().getAsLong())
                                : null);
        return transaction.query(MOVE_ON, arguments).rowCount() == 1;
    }

    private void insertGap(Gap gap, List<Future<RowSet<Row>>> sent) {
        Tuple arguments = Tuple.tuple()
                .addString(shard.stream())
                .addOffsetDateTime(PgTime.of(shard.streamCreated()))
                .addString(shard.shardId())
                .addString(gap.after().sequenceNumber())
                .addLong(gap.after().subSequenceNumber())
                .addOffsetDateTime(PgTime.orNull(gap.readTo()))
                .addString(gap.resumedAt().orElse(null))
                .addOffsetDateTime(PgTime.of(gap.resumedArrival()));
        sent.add(transaction.send(GAP, arguments));
    }

    private List<Future<RowSet<Row>>> insertSamples(List<Sample> samples) {
        // in the order of the primary key: neighbours land on the same page, and no two commits lock crosswise
        List<Keyed> sorted = new ArrayList<>(samples.size());
        for (Sample sample : samples) {
            sorted.add(new Keyed(keys.key(sample.series()), sample));
        }
        sorted.sort(BY_KEY);
        List<List<Keyed>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Keyed keyed : sorted) {
            int part = kind(keyed.sample.measurement()) == PgKeys.NUMERIC ? 0 : 2;
            parts.get(keys.isMixed(keyed.key) ? part + 1 : part).add(keyed);
        }
        List<Future<RowSet<Row>>> sent = new ArrayList<>(4);
        insert(MEASUREMENTS + UNLESS_STORED, parts.get(0), sent);
        insert(MEASUREMENTS + UNLESS_IN_OTHER.formatted("state") + UNLESS_STORED, parts.get(1), sent);
        insert(STATES + UNLESS_STORED, parts.get(2), sent);
        insert(STATES + UNLESS_IN_OTHER.formatted("measurement") + UNLESS_STORED, parts.get(3), sent);
        return sent;
    }

    private void insert(String sql, List<Keyed> rows, List<Future<RowSet<Row>>> sent) {
        if (rows.isEmpty()) {
            return;
        }
        int count = rows.size();
        OffsetDateTime[] at = new OffsetDateTime[count];
        Integer[] sensorKeys = new Integer[count];
        Integer[] metricKeys = new Integer[count];
        Double[] numbers = new Double[count];
        String[] texts = new String[count];
        boolean numeric = true;
        for (int i = 0; i < count; i++) {
            Keyed keyed = rows.get(i);
            at[i] = PgTime.of(keyed.sample.at());
            sensorKeys[i] = keyed.key.sensor();
            metricKeys[i] = keyed.key.metric();
            switch (keyed.sample.measurement()) {
                case Measurement.Numeric(String _, double value) -> numbers[i] = value;
                case Measurement.State(String _, String value) -> {
                    texts[i] = value;
                    numeric = false;
                }
            }
        }
        sent.add(transaction.send(sql, Tuple.of(at, sensorKeys, metricKeys, numeric ? numbers : texts)));
    }

    private void insertDeadLetters(List<DeadLetter> letters, List<Future<RowSet<Row>>> sent) {
        if (letters.isEmpty()) {
            return;
        }
        int count = letters.size();
        String[] sequenceNumbers = new String[count];
        Long[] subSequenceNumbers = new Long[count];
        OffsetDateTime[] arrivedAt = new OffsetDateTime[count];
        String[] reasons = new String[count];
        String[] fields = new String[count];
        String[] details = new String[count];
        Buffer[] data = new Buffer[count];
        for (int i = 0; i < count; i++) {
            DeadLetter letter = letters.get(i);
            sequenceNumbers[i] = letter.position().sequenceNumber();
            subSequenceNumbers[i] = letter.position().subSequenceNumber();
            arrivedAt[i] = PgTime.of(letter.arrivedAt());
            reasons[i] = letter.reason().text();
            fields[i] = storable(letter.field());
            details[i] = storable(letter.detail());
            int length = Math.min(letter.record().length(), MAX_DEAD_LETTER_BYTES);
            data[i] = Buffer.buffer(length)
                    .appendBytes(letter.record().source(), letter.record().offset(), length);
        }
        Tuple arguments = Tuple.wrap(new Object[] {
            shard.stream(),
            PgTime.of(shard.streamCreated()),
            shard.shardId(),
            sequenceNumbers,
            subSequenceNumbers,
            arrivedAt,
            reasons,
            fields,
            details,
            data
        });
        sent.add(transaction.send(DEAD_LETTERS, arguments));
    }

    /** A field's name, which a detail may tell too, is as it was sent: what the database cannot hold in it is replaced. */
    private static String storable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> safe.appendCodePoint(c == 0 || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c));
        return safe.toString();
    }

    private void updateSensors(Map<String, Seen> seen, List<Future<RowSet<Row>>> sent) {
        if (seen.isEmpty()) {
            return;
        }
        List<Integer> sensorKeys = new ArrayList<>(seen.size());
        List<OffsetDateTime> first = new ArrayList<>(seen.size());
        List<OffsetDateTime> last = new ArrayList<>(seen.size());
        seen.forEach((sensorId, arrivals) -> {
            sensorKeys.add(keys.sensor(sensorId));
            first.add(PgTime.of(arrivals.first()));
            last.add(PgTime.of(arrivals.last()));
        });
        Tuple arguments = Tuple.of(
                sensorKeys.toArray(Integer[]::new),
                first.toArray(OffsetDateTime[]::new),
                last.toArray(OffsetDateTime[]::new));
        sent.add(transaction.send(SEEN, arguments));
    }
}
