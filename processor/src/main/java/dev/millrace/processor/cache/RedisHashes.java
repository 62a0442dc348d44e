package dev.millrace.processor.cache;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.processor.store.LatestValue;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hashes of latest values, {@code sensor:{<sensorId>}}. A field is a measurement's name, its value
 * {@code <microseconds> <JSON value>}; it only ever moves forward in time. The field {@code #complete} marks a hash that
 * lacks nothing.
 *
 * <p>A hash that is not complete is rebuilt in three steps: {@link #stamp} puts a token into it, the database is read, and
 * {@link #write} with that token completes it if the token still stands there. Whatever a shard committed before the database
 * was read is in what was read; whatever it wrote since is in the hash, unless that was deleted meanwhile, and the token with
 * it. So no order of events completes a hash that lacks what was written to it. Thread-safe.
 */
final class RedisHashes {

    private static final Logger LOG = LoggerFactory.getLogger(RedisHashes.class);

    /** The token of what is no rebuild. */
    static final String NO_TOKEN = "";

    private static final String COMPLETE = "#complete";

    /** Requests under way at a time on one connection. */
    private static final int MAX_IN_FLIGHT = 1_000;

    /** Their bytes, about: of sensors with thousands of names a few are enough for a turn. */
    private static final long MAX_BYTES_IN_FLIGHT = 2 * 1024 * 1024;

    private static final long REQUEST_BYTES = 150;
    private static final long VALUE_BYTES = 60;

    /** Between lines in the log about hashes that Redis refuses. */
    private static final long REFUSAL_LOG_NANOS = Duration.ofMinutes(1).toNanos();

    private final RedisAccess access;
    private final CacheMeter meter;
    private final LongSupplier nanos;
    private final RedisScript latest = new RedisScript("latest.lua");
    private final RedisScript rebuild = new RedisScript("rebuild.lua");
    private long refused;
    private long nextRefusalLog;

    RedisHashes(RedisAccess access, CacheMeter meter, LongSupplier nanos) {
        this.access = access;
        this.meter = meter;
        this.nanos = nanos;
        this.nextRefusalLog = nanos.getAsLong();
    }

    /**
     * What is not complete after a write.
     *
     * @param incomplete hashes that hold what was written; more may be lacking
     * @param refused hashes that Redis could not write while it works, because they are not what we make, or there is no room.
     *     They are deleted, so that nobody trusts what they say.
     */
    record Written(Set<String> incomplete, Set<String> refused) {}

    private enum Hash {
        COMPLETE,
        INCOMPLETE,
        REFUSED
    }

    /** Writes values of sensors. */
    Written write(Map<String, List<LatestValue>> bySensor, String token) throws RedisAway {
        return sort(send(
                bySensor.keySet(),
                sensorId -> bytes(bySensor.getOrDefault(sensorId, List.of())),
                (connection, sensorId) -> latest.run(
                        connection, key(sensorId), arguments(token, bySensor.getOrDefault(sensorId, List.of())))));
    }

    /** Begins the rebuild of the hashes that are not complete; the answer tells which those are. */
    Written stamp(Collection<String> sensorIds, String token) throws RedisAway {
        return sort(send(
                sensorIds,
                _ -> REQUEST_BYTES,
                (connection, sensorId) -> rebuild.run(connection, key(sensorId), List.of(token))));
    }

    /** Those of the sensors whose hash is not complete, or not there. */
    Set<String> lacking(Collection<String> sensorIds) throws RedisAway {
        Written found = sort(send(
                sensorIds,
                _ -> REQUEST_BYTES,
                (connection, sensorId) -> connection.send(
                        Request.cmd(Command.HEXISTS).arg(key(sensorId)).arg(COMPLETE))));
        Set<String> lacking = new HashSet<>(found.incomplete);
        lacking.addAll(found.refused);
        return lacking;
    }

    private Map<String, Hash> send(
            Collection<String> sensorIds,
            ToLongFunction<String> bytes,
            BiFunction<RedisConnection, String, Future<@Nullable Response>> request)
            throws RedisAway {
        if (sensorIds.isEmpty()) {
            return Map.of();
        }
        return access.use((connection, turn) -> {
            Map<String, Hash> all = new LinkedHashMap<>();
            Map<String, Future<Hash>> sent = new LinkedHashMap<>();
            long size = 0;
            var left = sensorIds.iterator();
            while (left.hasNext()) {
                String sensorId = left.next();
                sent.put(sensorId, settle(connection, sensorId, request.apply(connection, sensorId)));
                size += bytes.applyAsLong(sensorId);
                if (sent.size() == MAX_IN_FLIGHT || size >= MAX_BYTES_IN_FLIGHT || !left.hasNext()) {
                    turn.await(Future.join(List.copyOf(sent.values())));
                    sent.forEach((id, answer) -> all.put(id, answer.result()));
                    sent.clear();
                    size = 0;
                }
            }
            return all;
        });
    }

    /** Fails where Redis cannot be used, for whatever sensor. */
    private Future<Hash> settle(RedisConnection connection, String sensorId, Future<@Nullable Response> answer) {
        return answer.map(response -> isOne(response) ? Hash.COMPLETE : Hash.INCOMPLETE)
                .recover(failure -> isAnswer(failure)
                        ? delete(connection, sensorId, String.valueOf(failure.getMessage()))
                        : Future.failedFuture(failure));
    }

    /**
     * Deletes a hash that could not be written. This also tells whose fault it is: a server that is loading, read-only or
     * without its cluster refuses this as well.
     */
    private Future<Hash> delete(RedisConnection connection, String sensorId, String reason) {
        return connection.send(Request.cmd(Command.DEL).arg(key(sensorId))).map(_ -> {
            tellRefused(sensorId, reason);
            return Hash.REFUSED;
        });
    }

    private synchronized void tellRefused(String sensorId, String reason) {
        meter.failed(CacheMeter.Failure.HASH);
        refused++;
        if (nanos.getAsLong() - nextRefusalLog >= 0) {
            nextRefusalLog = nanos.getAsLong() + REFUSAL_LOG_NANOS;
            LOG.warn(
                    "Redis cannot write the hash of sensor {}: {}. It is deleted, hash {} of this kind since the start",
                    sensorId,
                    reason,
                    refused);
        }
    }

    private static Written sort(Map<String, Hash> hashes) {
        Written written = new Written(new HashSet<>(), new HashSet<>());
        hashes.forEach((sensorId, hash) -> {
            switch (hash) {
                case COMPLETE -> {}
                case INCOMPLETE -> written.incomplete.add(sensorId);
                case REFUSED -> written.refused.add(sensorId);
            }
        });
        return written;
    }

    static String key(String sensorId) {
        return "sensor:{" + sensorId + "}";
    }

    private static boolean isOne(@Nullable Response response) {
        return response != null && Objects.equals(response.toInteger(), 1);
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof Response answer && answer.type() == ResponseType.ERROR;
    }

    private static long bytes(List<LatestValue> values) {
        long bytes = REQUEST_BYTES;
        for (LatestValue value : values) {
            bytes += VALUE_BYTES + value.measurement().name().length();
            if (value.measurement() instanceof Measurement.State(String _, String text)) {
                bytes += text.length();
            }
        }
        return bytes;
    }

    private static List<String> arguments(String token, List<LatestValue> values) {
        List<String> arguments = new ArrayList<>(1 + 3 * values.size());
        arguments.add(token);
        StringBuilder json = new StringBuilder();
        for (LatestValue value : values) {
            json.setLength(0);
            switch (value.measurement()) {
                case Measurement.Numeric(String _, double number) -> ReadingEncoder.number(json, number);
                case Measurement.State(String _, String text) -> ReadingEncoder.text(json, text);
            }
            arguments.add(value.measurement().name());
            arguments.add(Long.toString(value.at()));
            arguments.add(json.toString());
        }
        return arguments;
    }
}
