package dev.millrace.processor.cache;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
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
 * A Lua script of one key, so that it works on a cluster. It is named by its digest; a server that does not know it, one
 * node of a cluster say, is told the text.
 */
final class RedisScript {

    private final String text;
    private final String digest;

    /** @param resource the file beside this class */
    RedisScript(String resource) {
        try (InputStream in = Objects.requireNonNull(RedisScript.class.getResourceAsStream(resource))) {
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

    Future<@Nullable Response> run(RedisConnection connection, String key, List<String> arguments) {
        Future<@Nullable Response> known = connection.send(request(Command.EVALSHA, digest, key, arguments));
        return known.recover(failure -> {
            if (isUnknownScript(failure)) {
                return connection.send(request(Command.EVAL, text, key, arguments));
            }
            return Future.failedFuture(failure);
        });
    }

    /** The first word of an error is its code (Redis serialization protocol, "Simple errors"). */
    private static boolean isUnknownScript(Throwable failure) {
        return failure.getMessage() != null && failure.getMessage().startsWith("NOSCRIPT ");
    }

    private static Request request(Command command, String script, String key, List<String> arguments) {
        Request request = Request.cmd(command).arg(script).arg(1).arg(key);
        arguments.forEach(request::arg);
        return request;
    }
}
