package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is stored of sensors in PostgreSQL. */
public final class PgSensorStore implements SensorStore {

    private static final String LATEST = """
            SELECT k.sensor_id, m.name, n.at, n.value, t.at, t.value
            FROM unnest($1::text[]) AS k (sensor_id)
            JOIN sensor USING (sensor_id) JOIN series s USING (sensor_key) JOIN metric m USING (metric_key)
            """ + PgShardStore.LAST + "ORDER BY k.sensor_id, m.name";

    /** Page by page through the index of ids: one on last_seen would have to be written with every batch. */
    private static final String SEEN_SINCE = """
            SELECT sensor_id FROM sensor WHERE last_seen >= $1 AND sensor_id > $2 ORDER BY sensor_id LIMIT $3
            """;

    private final PgSession session;

    public PgSensorStore(Pool pool) {
        this.session = new PgSession(pool, () -> {});
    }

    @Override
    public Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds) {
        return session.load(() -> {
            Map<String, List<LatestValue>> latest = HashMap.newHashMap(sensorIds.size());
            for (Row row : session.query(LATEST, Tuple.of((Object) sensorIds.toArray(String[]::new)))) {
                OffsetDateTime number = row.getOffsetDateTime(2);
                OffsetDateTime text = row.getOffsetDateTime(4);
                List<LatestValue> values = latest.computeIfAbsent(row.getString(0), _ -> new ArrayList<>());
                if (number != null && (text == null || number.isAfter(text))) {
                    values.add(new LatestValue(
                            PgTime.micros(number), new Measurement.Numeric(row.getString(1), row.getDouble(3))));
                } else if (text != null) {
                    values.add(new LatestValue(
                            PgTime.micros(text), new Measurement.State(row.getString(1), row.getString(5))));
                }
            }
            latest.values().removeIf(List::isEmpty);
            return latest;
        });
    }

    @Override
    public Loaded<List<String>> seenSince(long since, String after, int limit) {
        return session.load(() -> {
            // the earliest of a Java long is before all that PostgreSQL has
            OffsetDateTime from = since == Long.MIN_VALUE ? OffsetDateTime.MIN : PgTime.of(since);
            List<String> ids = new ArrayList<>(limit);
            for (Row row : session.query(SEEN_SINCE, Tuple.of(from, after, limit))) {
                ids.add(row.getString(0));
            }
            return ids;
        });
    }

    @Override
    public void close() {
        session.close();
    }
}
