package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.Retry;
import dev.millrace.gateway.http.encoding.ContentEncoding;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IngestHttpVerticleTest extends HttpDoorFixture {

    @Test
    void answersTheContractsExampleOnlyWhenTheStreamHoldsIt() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                post("{\"sensorId\": \"sensor-001\", \"temperature\": 72.5, \"timestamp\": \"2025-12-04T12:00:00Z\"}"),
                HttpResponse.BodyHandlers.ofString());
        FakeStream.Call call = stream.nextCall();
        assertFalse(answer.isDone());
        call.accept(stream);

        assertEquals(202, answer.join().statusCode());
        assertEquals("{\"accepted\":1}", answer.join().body());
        assertEquals(
                List.of("{\"sensorId\":\"sensor-001\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"temperature\":72.5}"),
                stream.lines());
    }

    @Test
    void acceptsTheGoodOfAnArrayAndNamesTheBad() throws Exception {
        stream.acceptAll();

        HttpResponse<String> answer = send(post("[" + READING + ",{\"sensorId\":\"b\",\"t\":[]}," + READING + "]"));

        assertEquals(202, answer.statusCode());
        assertEquals(
                new JsonObject()
                        .put("accepted", 2)
                        .put(
                                "rejected",
                                new JsonArray()
                                        .add(new JsonObject()
                                                .put("index", 1)
                                                .put("code", "invalid-reading")
                                                .put("field", "t")
                                                .put("detail", "The value must be a number, a boolean or a text"))),
                new JsonObject(answer.body()));
    }

    /**
     * Each is refused once by the stream before it is taken. A second one that was let in before the first was taken would share
     * its record, and there would be fewer.
     */
    @Test
    void keepsTheOrderOfRequestsThatAreSentWithoutWaiting() throws Exception {
        AtomicInteger records = new AtomicInteger();
        stream.answerBy(entry -> records.incrementAndGet() % 2 == 1 ? new PutResult.Throttled() : stream.store(entry));
        // with time enough for the slowest machine
        ingestor.open(new Publisher(
                vertx,
                vertx.getOrCreateContext(),
                stream,
                stream.shardMap().result(),
                new PublisherConfig(
                        48 << 20,
                        Duration.ofMinutes(1),
                        Duration.ofSeconds(1),
                        new Retry(Duration.ofMillis(1), Duration.ofMillis(5))),
                FakeStream.availability(),
                metrics,
                new Random(1),
                System::nanoTime));
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            String body = "{\"sensorId\":\"a\",\"n\":" + i + ",\"timestamp\":1}";
            requests.append("POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ")
                    .append(body.length())
                    .append(i == 49 ? "\r\nConnection: close" : "")
                    .append("\r\n\r\n")
                    .append(body);
        }

        String answers = raw(requests.toString());

        assertEquals(50, answers.split("202 Accepted", -1).length - 1);
        assertEquals(50, stream.lines().size());
        for (int i = 0; i < 50; i++) {
            assertTrue(stream.lines().get(i).contains("\"n\":" + i + "}"));
        }
        assertEquals(100, records.get());
    }

    /** Requests that are sent without waiting are answered in their order, whatever each comes to. */
    @Test
    void answersPipelinedRequestsInTheirOrder() throws Exception {
        stream.acceptAll();
        String[] bodies = {READING, "{", "[]", "[" + READING + ",7," + READING + "]", "7", READING};
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            String body = bodies[i % bodies.length];
            requests.append("POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ")
                    .append(body.length())
                    .append(i == 59 ? "\r\nConnection: close" : "")
                    .append("\r\n\r\n")
                    .append(body);
        }

        String answers = raw(requests.toString());

        assertEquals(
                List.of("202 1", "400 ", "422 0", "202 2", "422 0", "202 1"),
                List.copyOf(inOrder(answers).subList(0, 6)));
        assertEquals(60, inOrder(answers).size());
        for (int i = 6; i < 60; i++) {
            assertEquals(inOrder(answers).get(i % 6), inOrder(answers).get(i));
        }
    }

    /** Status and number accepted of each answer. */
    private static List<String> inOrder(String answers) {
        return Arrays.stream(answers.split("HTTP/1.1 ", -1))
                .skip(1)
                .map(answer -> answer.substring(0, 4)
                        + (answer.contains("\"accepted\":")
                                ? answer.replaceAll("(?s).*\"accepted\":(\\d+).*", "$1")
                                : ""))
                .toList();
    }

    /** Every form of a body, in chunks of one byte. */
    @ParameterizedTest
    @EnumSource(ContentEncoding.class)
    void takesABodyThatComesByteByByte(ContentEncoding encoding) throws Exception {
        stream.acceptAll();
        byte[] body = BodyReaderVerticleTest.encode(
                encoding, (READING + "\r\n\n" + "{\n" + READING).getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(
                ("POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n" + "Content-Encoding: "
                                + encoding + "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        for (byte b : body) {
            request.writeBytes(new byte[] {'1', '\r', '\n', b, '\r', '\n'});
        }
        request.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

        String answer = raw(request.toByteArray());

        assertTrue(answer.startsWith("HTTP/1.1 202 "), answer);
        assertTrue(
                answer.endsWith("{\"accepted\":2,\"rejected\":[{\"index\":1,\"code\":\"invalid-reading\","
                        + "\"detail\":\"The line is not valid JSON\"}]}"),
                answer);
        assertEquals(2, stream.lines().size());
    }

    /** Shorter: the end of it is waited for. */
    @Override
    Duration publishTimeout() {
        return Duration.ofSeconds(3);
    }

    @Test
    void tellsWhichReadingsToSendAgainWhenTheStreamDoesNotTakeThem() throws Exception {
        stream.answerBy(_ -> new PutResult.Unknown("InternalFailure"));

        HttpResponse<String> answer = send(post("[{\"t\":1}," + READING + "]"));

        assertProblem(503, "stream-unavailable", answer);
        assertEquals("1", answer.headers().firstValue("retry-after").orElseThrow());
        JsonObject json = new JsonObject(answer.body());
        assertEquals(0, json.getInteger("accepted"));
        assertEquals(new JsonArray().add(1), json.getJsonArray("retry"));
        assertEquals(1, json.getJsonArray("rejected").size());
    }

    @Test
    void saysThatItIsOverloadedWhenTheStreamThrottles() throws Exception {
        stream.answerBy(_ -> new PutResult.Throttled());

        assertProblem(503, "overloaded", send(post(READING)));
    }

    @Test
    void refusesNewReadingsWhenItIsAboutToStop() throws Exception {
        ingestor.drain().await();

        HttpResponse<String> answer = send(post(READING));
        assertProblem(503, "shutting-down", answer);
        assertEquals("close", answer.headers().firstValue("connection").orElseThrow());
    }

    @Test
    void answersWhatIsInFlightBeforeItCloses() throws Exception {
        CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(post(READING), HttpResponse.BodyHandlers.ofString());
        FakeStream.Call call = stream.nextCall();

        var readingsSettled = ingestor.drain();
        var drained = door.drain(Duration.ofSeconds(20));
        awaitRefusedConnection();
        assertFalse(readingsSettled.isComplete());
        call.accept(stream);

        drained.await();
        readingsSettled.await();
        assertEquals(202, answer.join().statusCode());
    }

    /** Status, code, and the body. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "400 | malformed       | {",
                "400 | malformed       | ``",
                "400 | malformed       | [{\"sensorId\":\"a\",\"t\":1},",
                "400 | malformed       | {\"sensorId\":\"a\",\"t\":NaN}",
                "422 | invalid-reading | []",
                "422 | invalid-reading | {}",
                "422 | invalid-reading | 7",
                "422 | invalid-reading | [1,2]",
                "422 | invalid-reading | {\"sensorId\":\"a\",\"t\":1e400}",
                "422 | invalid-reading | {\"sensorId\":\"a\",\"t\":1,\"t\":2}",
                "422 | invalid-reading | {\"sensorId\":\"a\",\"t\":\"\\u0000\"}",
                "422 | invalid-reading | {\"sensorId\":5,\"t\":1}",
            })
    void refusesBadBodies(int status, String code, String body) throws Exception {
        HttpResponse<String> answer = send(post(body));

        assertProblem(status, code, answer);
        assertStillServes();
    }

    @Test
    void refusesWhatIsTooLarge() throws Exception {
        String reading = "{\"sensorId\":\"a\",\"t\":1" + " ".repeat(17 * 1024) + "}";
        assertProblem(413, "too-large", send(post(reading)));
        assertProblem(422, "invalid-reading", send(post("[" + reading + "]")));
        assertProblem(413, "too-large", send(post("[" + READING + " ".repeat(5 << 20) + "]")));
        assertProblem(413, "too-large", send(post("[" + (READING + ",").repeat(10_000) + READING + "]")));
        HttpRequest waiting = HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/json")
                .expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofString(" ".repeat(5 << 20)))
                .build();
        assertProblem(413, "too-large", send(waiting));
        assertStillServes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""})
    void refusesOtherMediaTypes(String type) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri("/sensors")).POST(HttpRequest.BodyPublishers.ofString(READING));
        if (!type.isEmpty()) {
            request.header("content-type", type);
        }

        assertProblem(415, "unsupported-media-type", send(request.build()));
        assertStillServes();
    }

    @Test
    void refusesContentEncodingsThatItDoesNotKnow() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("/sensors"))
                .header("content-type", "application/json")
                .header("content-encoding", "br")
                .POST(HttpRequest.BodyPublishers.ofString(READING))
                .build();

        assertProblem(415, "unsupported-media-type", send(request));
    }

    @Test
    void answersWrongMethodsAndPaths() throws Exception {
        HttpResponse<String> wrong = send(HttpRequest.newBuilder(uri("/sensors"))
                .method("PUT", HttpRequest.BodyPublishers.ofString(READING))
                .build());
        assertProblem(405, "method-not-allowed", wrong);
        assertEquals("GET, HEAD, POST", wrong.headers().firstValue("allow").orElseThrow());
        assertProblem(
                405,
                "method-not-allowed",
                send(HttpRequest.newBuilder(uri("/anomalies")).DELETE().build()));
        assertProblem(404, "not-found", get("/nowhere"));
        assertProblem(404, "not-found", get("/sensors/a/b/c"));
        assertProblem(404, "not-found", get("/page.html"));
        assertEquals(200, get("/page.css/").statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /sensors/%zz HTTP/1.1",
                "GET /%00 HTTP/1.1",
                "nonsense",
                "GET / HTTP/9.9",
                "GET /../../etc/passwd HTTP/1.1"
            })
    void answersWhatIsNoHttpWithoutHarm(String line) throws Exception {
        String answer = raw(line + "\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertTrue(answer.matches("(?s)HTTP/[0-9.]+ (400|404|501) .*"), answer);
        assertFalse(answer.contains("Exception"));
        assertStillServes();
    }

    @Test
    void whatIsToldOfRefusedItemsIsCountedUntilTheAnswerIsSent() throws Exception {
        var answer =
                client.sendAsync(post("[" + "{},".repeat(1_000) + READING + "]"), HttpResponse.BodyHandlers.ofString());
        FakeStream.Call call = stream.nextCall();

        double held = registry.get("millrace.gateway.body.bytes").gauge().value();
        call.promise().complete(List.of(stream.store(call.entries().getFirst())));

        assertEquals(202, answer.get().statusCode());
        assertTrue(held >= 200_000, () -> "held " + held);
        await(
                "what was refused is told",
                () -> registry.get("millrace.gateway.body.bytes").gauge().value() == 0);
    }
}
