package dev.millrace.gateway.query;

import dev.millrace.core.reading.Measurement;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Latest values in Redis: key {@code sensor:{<sensorId>}}, a hash with a field for each measurement, {@code <microseconds>
 * <JSON value>}, and the field {@code #complete} once it holds every measurement of the sensor. The processor writes it.
 */
public final class RedisSensorCache implements SensorCache {

    private static final String COMPLETE = "#complete";

    private final Redis redis;
    private final Duration timeout;

    /** A cache whose answers are waited for at most {@code timeout}. */
    public RedisSensorCache(Redis redis, Duration timeout) {
        this.redis = redis;
        this.timeout = timeout;
    }

    /** Fails while Redis cannot be reached. */
    public Future<Void> check() {
        return redis.send(Request.cmd(Command.PING)).mapEmpty();
    }

    @Override
    public Future<Map<String, LatestValues>> latest(List<String> sensorIds) {
        return redis.connect()
                .compose(connection -> {
                    List<Future<@Nullable Response>> answers = new ArrayList<>();
                    for (String id : sensorIds) {
                        answers.add(connection.send(Request.cmd(Command.HGETALL).arg("sensor:{" + id + "}")));
                    }
                    return Future.all(answers)
                            .map(_ -> collect(sensorIds, answers))
                            .eventually(connection::close);
                })
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Map<String, LatestValues> collect(List<String> sensorIds, List<Future<@Nullable Response>> answers) {
        Map<String, LatestValues> known = new HashMap<>();
        for (int i = 0; i < sensorIds.size(); i++) {
            Response hash = answers.get(i).result();
            if (hash == null || !hash.containsKey(COMPLETE)) {
                continue;
            }
            SortedMap<String, LatestValues.Timed> values = new TreeMap<>();
            boolean readable = true;
            for (String name : hash.getKeys()) {
                if (!name.equals(COMPLETE)) {
                    LatestValues.Timed value = parse(name, String.valueOf(hash.get(name)));
                    if (value == null) {
                        readable = false;
                    } else {
                        values.put(name, value);
                    }
                }
            }
            if (readable && !values.isEmpty()) {
                known.put(sensorIds.get(i), new LatestValues(sensorIds.get(i), values));
            }
        }
        return known;
    }

    /** The value of a field; null where it is not in our format, and then the hash is not trusted. */
    private static LatestValues.@Nullable Timed parse(String name, String text) {
        int space = text.indexOf(' ');
        if (space < 0) {
            return null;
        }
        try {
            long timestamp = Long.parseLong(text, 0, space, 10);
            return switch (Json.decodeValue(text.substring(space + 1))) {
                case Number number ->
                    new LatestValues.Timed(new Measurement.Numeric(name, number.doubleValue()), timestamp);
                case String state -> new LatestValues.Timed(new Measurement.State(name, state), timestamp);
                case null, default -> null;
            };
        } catch (NumberFormatException | DecodeException _) {
            return null;
        }
    }
}
