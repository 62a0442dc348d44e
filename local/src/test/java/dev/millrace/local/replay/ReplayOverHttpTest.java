package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay against a gateway that throttles, takes some, answers late or not at all, and cuts connections. */
class ReplayOverHttpTest {

    private static final int READINGS = 10_000;

    private final Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ReplayOverHttpTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void losesNothingAndKeepsTheOrderWhateverTheGatewayDoes() throws Exception {
        var gateway = new FaultyGateway(new SplittableRandom(42));
        HttpServer server = gateway.listen(vertx);

        var result = Replay.run(config(server.actualPort(), Duration.ofSeconds(60)), stream(), false);

        assertEquals(gateway.rejected, result.rejected(), out.toString(StandardCharsets.UTF_8));
        assertEquals(READINGS - gateway.rejected, result.accepted());
        assertEquals(0, result.failed());
        // Duplicates are allowed; the first occurrences must be in the file's order.
        List<Integer> expected = IntStream.range(0, READINGS)
                .filter(value -> !FaultyGateway.isBad(value))
                .boxed()
                .toList();
        assertEquals(expected, List.copyOf(new LinkedHashSet<>(gateway.stream)));
        assertEquals(5, gateway.faultsSeen(), "every fault has happened");
    }

    @Test
    void countsWhatTheGatewayNeverConfirmedAsFailed() throws Exception {
        int port = FreePort.choose();

        var result = Replay.run(config(port, Duration.ZERO), stream(), false);

        assertEquals(READINGS, result.failed());
        assertTrue(out.toString(StandardCharsets.UTF_8)
                .lines()
                .toList()
                .getLast()
                .startsWith("accepted 0, rejected 0, failed " + READINGS + " in "));
    }

    @Test
    void takesSomethingElseThanAGatewayForARefusal() throws Exception {
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> request.response().end("<h1>Welcome</h1>"))
                .listen(0, "127.0.0.1")
                .await();

        var result = Replay.run(config(server.actualPort(), Duration.ofSeconds(60)), stream(), false);

        assertEquals(READINGS, result.failed());
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("The gateway refuses: HTTP 200\n"));
    }

    @Test
    void showsItsKeyWithEveryRequest() throws Exception {
        String key = "Bearer key-of-press-line";
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    if (key.equals(request.getHeader("Authorization"))) {
                        int count = body.toJsonArray().size();
                        request.response().setStatusCode(202).end("{\"accepted\":" + count + "}");
                    } else {
                        request.response().setStatusCode(401).end("{\"code\":\"unauthenticated\"}");
                    }
                }))
                .listen(0, "127.0.0.1")
                .await();

        ReplayConfig without = config(server.actualPort(), Duration.ofSeconds(60));
        assertEquals(READINGS, Replay.run(without, stream(), false).failed());
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("The gateway refuses: HTTP 401 unauthenticated\n"));
        ReplayConfig with = new ReplayConfig(
                without.file(),
                without.sensor(),
                without.metric(),
                without.rate(),
                without.retryFor(),
                without.gateway(),
                Optional.of(new ApiKey("key-of-press-line")));
        assertEquals(READINGS, Replay.run(with, stream(), false).accepted());
    }

    private ReplayConfig config(int port, Duration retryFor) throws Exception {
        var file = new StringBuilder("timestamp,value\n");
        IntStream.range(0, READINGS)
                .forEach(i -> file.append(i).append(',').append(i).append('\n'));
        return new ReplayConfig(
                Files.writeString(directory.resolve("readings.csv"), file),
                "machine-1",
                "temperature",
                OptionalDouble.empty(),
                retryFor,
                URI.create("http://127.0.0.1:" + port),
                Optional.empty());
    }

    private PrintStream stream() {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    /** Keeps the contract, but is in trouble half of the time. */
    private static final class FaultyGateway {

        final List<Integer> stream = new ArrayList<>();
        long rejected;

        private final SplittableRandom random;
        private final boolean[] seen = new boolean[5];

        FaultyGateway(SplittableRandom random) {
            this.random = random;
        }

        HttpServer listen(Vertx vertx) {
            return vertx.createHttpServer()
                    .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
                    .listen(0, "127.0.0.1")
                    .await();
        }

        static boolean isBad(int value) {
            return value % 1000 == 999;
        }

        long faultsSeen() {
            return IntStream.range(0, seen.length).filter(i -> seen[i]).count();
        }

        private void answer(HttpServerRequest request, Buffer body) {
            List<Integer> values = new JsonArray(body)
                    .stream()
                            .map(item ->
                                    ((JsonObject) item).getDouble("temperature").intValue())
                            .toList();
            int fault = random.nextInt(10);
            if (fault < seen.length) {
                seen[fault] = true;
            }
            switch (fault) {
                // cut before anything is taken
                case 0 -> request.connection().close();
                // taken, but the answer is lost
                case 1 -> {
                    values.stream().filter(value -> !isBad(value)).forEach(stream::add);
                    request.connection().close();
                }
                case 2 -> {
                    var problem = new JsonObject().put("code", "overloaded");
                    request.response()
                            .setStatusCode(503)
                            .putHeader("Retry-After", "0")
                            .end(problem.encode());
                }
                // the first part is taken
                case 3 -> partly(request, values, random.nextInt(values.size() + 1));
                case 4 -> request.response().setStatusCode(502).end("<html>Bad Gateway</html>");
                default -> settle(request, values);
            }
        }

        private void partly(HttpServerRequest request, List<Integer> values, int taken) {
            var bad = bad(values.subList(0, taken));
            values.stream().limit(taken).filter(value -> !isBad(value)).forEach(stream::add);
            rejected += bad.size();
            var retry =
                    new JsonArray(IntStream.range(taken, values.size()).boxed().toList());
            request.response()
                    .setStatusCode(503)
                    .end(new JsonObject()
                            .put("accepted", taken - bad.size())
                            .put("retry", retry)
                            .put("rejected", bad)
                            .encode());
        }

        private void settle(HttpServerRequest request, List<Integer> values) {
            var bad = bad(values);
            values.stream().filter(value -> !isBad(value)).forEach(stream::add);
            rejected += bad.size();
            request.response()
                    .setStatusCode(bad.size() == values.size() ? 422 : 202)
                    .end(new JsonObject()
                            .put("accepted", values.size() - bad.size())
                            .put("rejected", bad)
                            .encode());
        }

        private static JsonArray bad(List<Integer> values) {
            var bad = new JsonArray();
            IntStream.range(0, values.size())
                    .filter(i -> isBad(values.get(i)))
                    .forEach(i -> bad.add(new JsonObject().put("index", i).put("code", "invalid-reading")));
            return bad;
        }
    }
}
