package dev.millrace.local.platform;

import io.vertx.redis.client.Command;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What PostgreSQL holds, in the words of {@link StreamContent}. */
final class Stored {

    private static final String MICROS = "(extract(epoch FROM %s) * 1000000)::bigint";

    private Stored() {}

    static List<String> rows(Services services) throws SQLException {
        String at = MICROS.formatted("at");
        return services.rows("SELECT sensor_id, name, " + at
                + ", CASE WHEN value = trunc(value) THEN value::numeric(30, 1)::text ELSE value::text END"
                + " FROM measurement JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)"
                + " UNION ALL SELECT sensor_id, name, " + at + ", value"
                + " FROM state JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)");
    }

    static List<String> anomalies(Services services) throws SQLException {
        return services.rows("SELECT sensor_id, " + MICROS.formatted("opened_at") + ", " + MICROS.formatted("closed_at")
                + " FROM anomaly JOIN sensor USING (sensor_key)");
    }

    static List<String> deadLetters(Services services) throws SQLException {
        return services.rows("SELECT sequence_number, sub_sequence_number FROM dead_letter");
    }

    /** Of each sensor the newest number of a measurement, as {@code sensor|microseconds|value}. */
    static List<String> latest(Services services, String metric) throws SQLException {
        return services.rows("SELECT DISTINCT ON (sensor_id) sensor_id, " + MICROS.formatted("at") + ", value"
                + " FROM measurement JOIN sensor USING (sensor_key) JOIN metric USING (metric_key)"
                + " WHERE name = '" + metric + "' ORDER BY sensor_id, at DESC");
    }

    /** The sensors of which Redis has another latest value of a measurement than PostgreSQL, or none. */
    static List<String> notInRedis(Services services, String metric) throws SQLException {
        List<String> different = new ArrayList<>();
        for (String row : latest(services, metric)) {
            String[] parts = row.split("\\|", -1);
            String[] field = services.redis(Command.HGET, "sensor:{" + parts[0] + "}", metric)
                    .split(" ", 2);
            boolean complete = "1".equals(services.redis(Command.HGET, "sensor:{" + parts[0] + "}", "#complete"));
            if (!complete
                    || field.length != 2
                    || !field[0].equals(parts[1])
                    || Double.parseDouble(field[1]) != Double.parseDouble(parts[2])) {
                different.add(parts[0]);
            }
        }
        return different;
    }

    /** How many user records the shards' positions say were read. */
    static long userRecords(Services services) throws SQLException {
        return services.number("SELECT coalesce(sum(user_records), 0) FROM shard_progress");
    }

    /** The position of each shard. */
    static Set<String> positions(Services services) throws SQLException {
        return new TreeSet<>(services.rows("SELECT shard_id, sequence_number FROM shard_progress"));
    }

    /** The shards that were read to the end that a reshard has given them. */
    static Set<String> closed(Services services) throws SQLException {
        return new TreeSet<>(services.rows("SELECT shard_id FROM shard_progress WHERE closed"));
    }

    /** The names of those who own a shard that is not read out, as their owners begin; empty for one that nobody owns. */
    static Map<String, String> owners(Services services) throws SQLException {
        Map<String, String> owners = new TreeMap<>();
        for (String row : services.rows("SELECT shard_id, coalesce(owner, '') FROM shard_progress WHERE NOT closed")) {
            String[] parts = row.split("\\|", -1);
            owners.put(parts[0], parts[1].replaceFirst("/.*", ""));
        }
        return owners;
    }

    /** Whether some shard holds records behind its position. */
    static boolean lags(Services services) throws SQLException {
        for (String position : positions(services)) {
            String[] parts = position.split("\\|", -1);
            String latest = services.kinesis
                    .latestSequenceNumber(Services.STREAM, parts[0])
                    .orElse("");
            if (!latest.equals(parts[1])) {
                return true;
            }
        }
        return false;
    }

    /** Whether every shard was read to its end. */
    static boolean caughtUp(Services services) throws SQLException {
        return positions(services).size()
                        == services.kinesis.shards(Services.STREAM).size()
                && !lags(services);
    }
}
