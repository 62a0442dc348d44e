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
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The script that writes one sensor's hash, forward in time only. A field is a measurement's name, its value
 * {@code <microseconds> <JSON value>}; the field {@code #complete} marks a hash that lacks nothing. One key a call, so that it
 * works on a cluster.
 */
final class RedisLatestScript {

    /** What became of a hash. */
    sealed interface Written {

        /** It holds all the latest values of its sensor. */
        record Complete() implements Written {}

        /** It holds these values; others may be lacking. */
        record Incomplete() implements Written {}

        /**
         * Redis works but cannot write this hash, because it is not what we make, or there is no room. It is deleted, so that
         * nobody trusts what it says.
         */
        record Refused(String reason) implements Written {}
    }

    private final String text;
    private final String digest;

    RedisLatestScript() {
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("latest.lua"))) {
            byte[] bytes = in.readAllBytes();
            text = new String(bytes, StandardCharsets.UTF_8);
            digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            // every Java platform must have it
            throw new IllegalStateException(e);
        }
    }

    /**
     * Writes values. Fails where Redis cannot be used, for whatever sensor.
     *
     * @param all whether these are all the latest values that the sensor has
     */
    Future<Written> write(RedisConnection connection, String sensorId, List<LatestValue> values, boolean all) {
        return connection
                .send(request(Command.EVALSHA, digest, sensorId, values, all))
                .recover(failure -> {
                    if (isUnknownScript(failure)) {
                        return connection.send(request(Command.EVAL, text, sensorId, values, all));
                    }
                    return Future.failedFuture(failure);
                })
                .<Written>map(response -> isOne(response) ? new Written.Complete() : new Written.Incomplete())
                .recover(failure -> isAnswer(failure)
                        ? delete(connection, sensorId, String.valueOf(failure.getMessage()))
                        : Future.failedFuture(failure));
    }

    /**
     * Deletes a hash that could not be written. This also tells whose fault it is: a server that is loading, read-only or
     * without its cluster refuses this as well.
     */
    private static Future<Written> delete(RedisConnection connection, String sensorId, String reason) {
        return connection.send(Request.cmd(Command.DEL).arg(key(sensorId))).map(_ -> new Written.Refused(reason));
    }

    private static String key(String sensorId) {
        return "sensor:{" + sensorId + "}";
    }

    private static boolean isOne(@Nullable Response response) {
        return response != null && Objects.equals(response.toInteger(), 1);
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof Response answer && answer.type() == ResponseType.ERROR;
    }

    /** The first word of an error is its code (Redis serialization protocol, "Simple errors"). */
    private static boolean isUnknownScript(Throwable failure) {
        return failure.getMessage() != null && failure.getMessage().startsWith("NOSCRIPT ");
    }

    private static Request request(
            Command command, String script, String sensorId, List<LatestValue> values, boolean all) {
        Request request =
                Request.cmd(command).arg(script).arg(1).arg(key(sensorId)).arg(all ? "1" : "0");
        StringBuilder json = new StringBuilder();
        for (LatestValue value : values) {
            json.setLength(0);
            switch (value.measurement()) {
                case Measurement.Numeric(String _, double number) -> ReadingEncoder.number(json, number);
                case Measurement.State(String _, String text) -> ReadingEncoder.text(json, text);
            }
            request.arg(value.measurement().name())
                    .arg(Long.toString(value.at()))
                    .arg(json.toString());
        }
        return request;
    }
}
