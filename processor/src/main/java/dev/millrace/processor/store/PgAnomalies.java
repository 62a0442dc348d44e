package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.detect.Anomaly;
import dev.millrace.processor.anomaly.detect.Course;
import dev.millrace.processor.anomaly.detect.Detection;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The anomalies of one commit. */
final class PgAnomalies {

    private static final String OPEN = """
            INSERT INTO anomaly (anomaly_id, sensor_key, metric_key, rule, rule_version, condition, severity, message, opened_at,
                arrived_at, value, text, closed_at, peak, count, revision)
            SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[],
                $9::timestamptz[], $10::timestamptz[], $11::float8[], $12::text[], $13::timestamptz[], $14::float8[],
                $15::bigint[], $16::int[])
            ON CONFLICT (anomaly_id) DO NOTHING
            RETURNING anomaly_id
            """;

    /** What is closed stays so, and what is open goes on: a state that is fed again may be behind what the row knows. */
    private static final String GO_ON = """
            UPDATE anomaly a SET closed_at = c.closed_at, peak = c.peak, count = c.count, revision = c.revision
            FROM unnest($1::uuid[], $2::timestamptz[], $3::float8[], $4::bigint[], $5::int[])
                AS c (anomaly_id, closed_at, peak, count, revision)
            WHERE a.anomaly_id = c.anomaly_id AND a.closed_at IS NULL AND (c.closed_at IS NOT NULL OR c.count > a.count)
            RETURNING a.anomaly_id
            """;

    /** Those that the states of their series know nothing of. */
    private static final String CLOSE_UNKNOWN = """
            UPDATE anomaly a SET closed_at = greatest(a.opened_at, s.last_at), revision = a.revision + 1
            FROM unnest($1::int[], $2::int[], $3::timestamptz[]) AS s (sensor_key, metric_key, last_at)
            WHERE a.sensor_key = s.sensor_key AND a.metric_key = s.metric_key AND a.closed_at IS NULL
                AND a.anomaly_id <> ALL ($4::uuid[])
            RETURNING a.anomaly_id, a.closed_at, a.revision
            """;

    /** The earliest time that a row may have; the state of a series without a value has none. */
    private static final long FIRST_MICROS = -62_135_596_800_000_000L;

    private final PgSession.Open transaction;
    private final PgKeys keys;
    private final Detection detection;
    private final Snapshots snapshots;
    private @Nullable Future<RowSet<Row>> opening;
    private @Nullable Future<RowSet<Row>> going;
    private @Nullable Future<RowSet<Row>> ending;

    /**
     * The end of an anomaly that an earlier commit has opened.
     *
     * @param at when it closed, microseconds since 1970
     * @param arrivedAt when the reading arrived that did it; as {@code at} where none did
     */
    record End(UUID id, int revision, long at, long arrivedAt) {}

    /**
     * What has become of anomalies in this commit and in none before: what is told to people goes by it.
     *
     * @param opened perhaps closed already
     * @param closed of those that earlier commits have opened
     */
    record Stored(List<Detection.Opened> opened, List<End> closed) {}

    PgAnomalies(PgSession.Open transaction, PgKeys keys, Detection detection, Snapshots snapshots) {
        this.transaction = transaction;
        this.keys = keys;
        this.detection = detection;
        this.snapshots = snapshots;
    }

    /** Sends the statements; {@link #await} then waits for them. */
    void send() {
        List<Detection.Opened> opened = detection.opened();
        if (!opened.isEmpty()) {
            opening = open(opened);
        }
        Collection<Detection.Changed> changed = changed(opened);
        if (!changed.isEmpty()) {
            going = goOn(changed);
        }
        if (snapshots.upToDate() && !snapshots.series().isEmpty()) {
            ending = closeUnknown();
        }
    }

    /** Waits for what was sent. */
    Stored await() {
        Set<UUID> opened = ids(opening);
        Set<UUID> changed = ids(going);
        List<End> closed = new ArrayList<>();
        for (Detection.Changed one : detection.changed()) {
            if (changed.contains(one.id())) {
                Course course = one.course();
                closed.add(
                        new End(one.id(), course.revision(), course.closedAt().orElseThrow(), course.arrivedAt()));
            }
        }
        if (ending != null) {
            for (Row row : PgSession.await(ending)) {
                long at = PgTime.micros(row.getOffsetDateTime(1));
                closed.add(new End(row.getUUID(0), row.getInteger(2), at, at));
            }
        }
        return new Stored(
                detection.opened().stream()
                        .filter(one -> opened.contains(one.anomaly().id()))
                        .toList(),
                closed);
    }

    private static Set<UUID> ids(@Nullable Future<RowSet<Row>> sent) {
        Set<UUID> ids = new HashSet<>();
        if (sent != null) {
            PgSession.await(sent).forEach(row -> ids.add(row.getUUID(0)));
        }
        return ids;
    }

    /** What ends, and how those stand that go on and whose series are written; but not what is stored as it stands. */
    private Collection<Detection.Changed> changed(List<Detection.Opened> opened) {
        Map<UUID, Detection.Changed> changed = new HashMap<>();
        // also of those that are fed again: what is written down is clean, and is not looked at later
        snapshots.series().forEach(series -> series.open().forEach(one -> changed.put(one.id(), one)));
        opened.forEach(one -> changed.remove(one.anomaly().id()));
        detection.changed().forEach(one -> changed.put(one.id(), one));
        return changed.values();
    }

    private Future<RowSet<Row>> open(List<Detection.Opened> opened) {
        int count = opened.size();
        UUID[] ids = new UUID[count];
        Integer[] sensorKeys = new Integer[count];
        Integer[] metricKeys = new Integer[count];
        String[] rules = new String[count];
        Integer[] ruleVersions = new Integer[count];
        String[] conditions = new String[count];
        String[] severities = new String[count];
        String[] messages = new String[count];
        OffsetDateTime[] openedAt = new OffsetDateTime[count];
        OffsetDateTime[] arrivedAt = new OffsetDateTime[count];
        Double[] values = new Double[count];
        @Nullable String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            Anomaly anomaly = opened.get(i).anomaly();
            PgKeys.Key key = keys.key(anomaly.series());
            ids[i] = anomaly.id();
            sensorKeys[i] = key.sensor();
            metricKeys[i] = key.metric();
            rules[i] = anomaly.rule();
            ruleVersions[i] = anomaly.ruleVersion();
            conditions[i] = anomaly.condition().text();
            severities[i] = anomaly.severity().text();
            messages[i] = anomaly.message();
            openedAt[i] = PgTime.of(anomaly.openedAt());
            arrivedAt[i] = PgTime.of(anomaly.arrivedAt());
            values[i] = anomaly.value();
            texts[i] = anomaly.text().orElse(null);
        }
        Courses courses =
                new Courses(opened.stream().map(Detection.Opened::course).toList());
        return transaction.send(OPEN, Tuple.wrap(new Object[] {
            ids,
            sensorKeys,
            metricKeys,
            rules,
            ruleVersions,
            conditions,
            severities,
            messages,
            openedAt,
            arrivedAt,
            values,
            texts,
            courses.closedAt,
            courses.peaks,
            courses.counts,
            courses.revisions
        }));
    }

    private Future<RowSet<Row>> goOn(Collection<Detection.Changed> changed) {
        // in one order, as all that locks rows
        List<Detection.Changed> sorted = new ArrayList<>(changed);
        sorted.sort((a, b) -> a.id().compareTo(b.id()));
        Courses courses =
                new Courses(sorted.stream().map(Detection.Changed::course).toList());
        return transaction.send(GO_ON, Tuple.wrap(new Object[] {
            sorted.stream().map(Detection.Changed::id).toArray(UUID[]::new),
            courses.closedAt,
            courses.peaks,
            courses.counts,
            courses.revisions
        }));
    }

    private static final class Courses {

        private final @Nullable OffsetDateTime[] closedAt;
        private final Double[] peaks;
        private final Long[] counts;
        private final Integer[] revisions;

        Courses(List<Course> courses) {
            closedAt = courses.stream()
                    .map(course -> PgTime.orNull(course.closedAt()))
                    .toArray(OffsetDateTime[]::new);
            peaks = courses.stream().map(Course::peak).toArray(Double[]::new);
            counts = courses.stream().map(Course::count).toArray(Long[]::new);
            revisions = courses.stream().map(Course::revision).toArray(Integer[]::new);
        }
    }

    private Future<RowSet<Row>> closeUnknown() {
        List<SeriesSnapshot> series = snapshots.series();
        return transaction.send(
                CLOSE_UNKNOWN,
                Tuple.of(
                        series.stream().map(one -> keys.key(one.id()).sensor()).toArray(Integer[]::new),
                        series.stream().map(one -> keys.key(one.id()).metric()).toArray(Integer[]::new),
                        series.stream()
                                .map(one -> PgTime.of(Math.max(FIRST_MICROS, one.lastAt())))
                                .toArray(OffsetDateTime[]::new),
                        series.stream()
                                .flatMap(one -> one.open().stream())
                                .map(Detection.Changed::id)
                                .toArray(UUID[]::new)));
    }
}
