package dev.millrace.processor.store;

import dev.millrace.processor.anomaly.SeriesId;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/**
 * The keys that stand for sensors, measurements and series in rows. They are made in statements of their own, before the
 * transaction that uses them: so only committed keys are ever remembered, and a batch that rolls back takes none with it.
 * Names are asked for first, because an INSERT that conflicts uses up a number of the sequence each time. In sorted order, so
 * that two who make the same keys wait for each other in one direction.
 */
final class PgKeys {

    /** In the column {@code kinds} of {@code series}. */
    static final int NUMERIC = 1;

    static final int STATE = 2;

    private static final String SENSORS = "SELECT sensor_id, sensor_key FROM sensor WHERE sensor_id = ANY ($1::text[])";
    private static final String NEW_SENSORS =
            "INSERT INTO sensor (sensor_id) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING";
    private static final String METRICS = "SELECT name, metric_key FROM metric WHERE name = ANY ($1::text[])";
    private static final String NEW_METRICS =
            "INSERT INTO metric (name) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING";
    private static final String SERIES = """
            SELECT sensor_key, metric_key, kinds
            FROM series JOIN unnest($1::int[], $2::int[]) AS k (sensor_key, metric_key) USING (sensor_key, metric_key)
            """;
    private static final String NEW_SERIES = """
            INSERT INTO series (sensor_key, metric_key, kinds) SELECT * FROM unnest($1::int[], $2::int[], $3::int[])
            ON CONFLICT (sensor_key, metric_key) DO UPDATE SET kinds = series.kinds | excluded.kinds
            """;

    private final PgSession session;
    private final IntSupplier capacity;
    private final Map<String, Integer> sensors = new HashMap<>();
    private final Map<String, Integer> metrics = new HashMap<>();
    private final Map<SeriesId, Key> keys = new HashMap<>();
    private final Map<Key, Integer> kinds = new HashMap<>();

    /** A series by its keys. */
    record Key(int sensor, int metric) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int bySensor = Integer.compare(sensor, other.sensor);
            return bySensor != 0 ? bySensor : Integer.compare(metric, other.metric);
        }
    }

    /** @param capacity series beyond which all are forgotten and the memory fills anew */
    PgKeys(PgSession session, IntSupplier capacity) {
        this.session = session;
        this.capacity = capacity;
    }

    /** Forgets all of them, as must be done when the connection is lost. */
    void clear() {
        sensors.clear();
        metrics.clear();
        keys.clear();
        kinds.clear();
    }

    /** Makes sure of the keys of these series with these kinds, of which each is then known until the next call. */
    void resolve(Map<SeriesId, Integer> wanted) {
        if (keys.size() > capacity.getAsInt()) {
            clear();
        }
        Map<SeriesId, Integer> unknown = new HashMap<>();
        wanted.forEach((id, kind) -> {
            Key key = keys.get(id);
            if (key == null || !covers(key, kind)) {
                unknown.put(id, kind);
            }
        });
        if (unknown.isEmpty()) {
            return;
        }
        SortedSet<String> sensorIds = new TreeSet<>();
        SortedSet<String> names = new TreeSet<>();
        for (SeriesId id : unknown.keySet()) {
            if (!sensors.containsKey(id.sensorId())) {
                sensorIds.add(id.sensorId());
            }
            if (!metrics.containsKey(id.metric())) {
                names.add(id.metric());
            }
        }
        resolveNames(sensorIds, sensors, SENSORS, NEW_SENSORS);
        resolveNames(names, metrics, METRICS, NEW_METRICS);
        resolveSeries(unknown);
    }

    private void resolveNames(Set<String> missing, Map<String, Integer> known, String select, String insert) {
        select(missing, known, select);
        if (!missing.isEmpty()) {
            session.query(insert, Tuple.of(missing.toArray(String[]::new)));
            select(missing, known, select);
        }
    }

    private void select(Set<String> missing, Map<String, Integer> known, String sql) {
        if (missing.isEmpty()) {
            return;
        }
        for (Row row : session.query(sql, Tuple.of(missing.toArray(String[]::new)))) {
            known.put(row.getString(0), row.getInteger(1));
            missing.remove(row.getString(0));
        }
    }

    private void resolveSeries(Map<SeriesId, Integer> wanted) {
        TreeMap<Key, Integer> missing = new TreeMap<>();
        wanted.forEach((id, kind) -> {
            Key key = new Key(
                    sensor(id.sensorId()),
                    Objects.requireNonNull(metrics.get(id.metric()), "a measurement has no key"));
            keys.put(id, key);
            if (!covers(key, kind)) {
                missing.put(key, kind);
            }
        });
        selectSeries(missing);
        if (!missing.isEmpty()) {
            Collection<Integer> bits = missing.values();
            session.query(NEW_SERIES, keys(missing.keySet()).addArrayOfInteger(bits.toArray(Integer[]::new)));
            selectSeries(missing);
        }
    }

    private void selectSeries(Map<Key, Integer> missing) {
        if (missing.isEmpty()) {
            return;
        }
        for (Row row : session.query(SERIES, keys(missing.keySet()))) {
            kinds.put(new Key(row.getInteger(0), row.getInteger(1)), row.getInteger(2));
        }
        missing.entrySet().removeIf(entry -> covers(entry.getKey(), entry.getValue()));
    }

    private static Tuple keys(Collection<Key> keys) {
        List<Integer> sensorKeys = new ArrayList<>(keys.size());
        List<Integer> metricKeys = new ArrayList<>(keys.size());
        for (Key key : keys) {
            sensorKeys.add(key.sensor());
            metricKeys.add(key.metric());
        }
        return Tuple.tuple()
                .addArrayOfInteger(sensorKeys.toArray(Integer[]::new))
                .addArrayOfInteger(metricKeys.toArray(Integer[]::new));
    }

    private boolean covers(Key key, int kind) {
        return (kinds.getOrDefault(key, 0) & kind) == kind;
    }

    int sensor(String sensorId) {
        return Objects.requireNonNull(sensors.get(sensorId), "a sensor has no key");
    }

    /** The key of a series that was resolved. */
    Key key(SeriesId id) {
        return Objects.requireNonNull(keys.get(id), "a series has no key");
    }

    /** Whether a series that was resolved has both numbers and texts. */
    boolean isMixed(Key key) {
        return kinds.getOrDefault(key, 0) == (NUMERIC | STATE);
    }
}
