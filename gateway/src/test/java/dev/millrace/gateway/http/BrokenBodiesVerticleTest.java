package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.http.encoding.ContentEncoding;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every body of the decoder's corpus in every form, and broken in every form: each is answered as the contract has it, and
 * afterwards the door serves, nothing was logged, and no memory is missing.
 */
class BrokenBodiesVerticleTest extends HttpDoorFixture {

    private static final Path CORPUS = Path.of("../core/src/test/resources/corpus");

    private final QuietLog log = new QuietLog();
    private final ResourceLeakDetector.Level detection = ResourceLeakDetector.getLevel();

    @BeforeEach
    void watch() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        stream.acceptAll();
    }

    @AfterEach
    void nothingWasLoggedAndNothingIsHeld() throws Exception {
        // a leak is told by the next allocation after its buffer was collected
        System.gc();
        for (int i = 0; i < 50; i++) {
            assertStillServes();
        }
        log.close();
        ResourceLeakDetector.setLevel(detection);
        assertEquals(List.of(), log.complaints());
        assertEquals(0, registry.get("millrace.gateway.body.bytes").gauge().value());
    }

    @Test
    void answersEveryBodyOfTheCorpusInEveryForm() throws Exception {
        int sent = 0;
        for (String line : Files.readAllLines(CORPUS.resolve("expected.csv"))) {
            if (line.startsWith("#")) {
                continue;
            }
            String[] columns = line.split(",", -1);
            byte[] body = Files.readAllBytes(CORPUS.resolve(columns[0]));
            for (BodyFormat format : BodyFormat.values()) {
                String expected = columns[format == BodyFormat.JSON ? 1 : 2];
                for (ContentEncoding encoding : ContentEncoding.values()) {
                    byte[] encoded = BodyReaderVerticleTest.encode(encoding, body);
                    String name = encoding == ContentEncoding.IDENTITY ? "" : encoding.name();
                    assertAnswer(columns[0] + " " + format + " " + encoding, expected, post(format, name, encoded));
                    sent++;
                }
            }
            assertStillServes();
        }
        assertTrue(sent > 1_000);
    }

    @Test
    void refusesEveryBodyWhoseCodingIsBroken() throws Exception {
        for (String line : Files.readAllLines(CORPUS.resolve("expected.csv"))) {
            if (line.startsWith("#")) {
                continue;
            }
            byte[] body = Files.readAllBytes(CORPUS.resolve(line.split(",", -1)[0]));
            byte[] gzip = BodyReaderVerticleTest.encode(ContentEncoding.GZIP, body);
            byte[] zstd = BodyReaderVerticleTest.encode(ContentEncoding.ZSTD, body);
            byte[] wrongChecksum = gzip.clone();
            wrongChecksum[gzip.length - 8]++;
            for (BodyFormat format : BodyFormat.values()) {
                assertProblem(400, "malformed", post(format, "gzip", wrongChecksum));
                assertProblem(400, "malformed", post(format, "gzip", Arrays.copyOf(gzip, gzip.length - 1)));
                assertProblem(400, "malformed", post(format, "gzip", Arrays.copyOf(gzip, gzip.length + 1)));
                assertProblem(400, "malformed", post(format, "gzip", Arrays.copyOf(gzip, gzip.length / 2)));
                assertProblem(400, "malformed", post(format, "gzip", body));
                assertProblem(400, "malformed", post(format, "gzip", zstd));
                assertProblem(400, "malformed", post(format, "zstd", Arrays.copyOf(zstd, zstd.length - 1)));
                assertProblem(400, "malformed", post(format, "zstd", Arrays.copyOf(zstd, zstd.length + 1)));
                assertProblem(400, "malformed", post(format, "zstd", body));
                assertProblem(400, "malformed", post(format, "zstd", gzip));
            }
            assertStillServes();
        }
    }

    @Test
    void refusesCodingsThatItDoesNotKnowAndSaysWhichItDoes() throws Exception {
        for (String encoding : List.of("br", "deflate", "compress", "gzip, gzip", "zstd, identity", "*", "gzip;q=1")) {
            HttpResponse<String> answer = post(BodyFormat.JSON, encoding, READING.getBytes(StandardCharsets.UTF_8));
            assertProblem(415, "unsupported-media-type", answer);
            assertEquals(
                    "gzip, zstd", answer.headers().firstValue("accept-encoding").orElseThrow());
        }
    }

    @Test
    void refusesABombWithoutInflatingIt() throws Exception {
        byte[] zeros = new byte[200 << 20];
        Arrays.fill(zeros, (byte) ' ');
        for (ContentEncoding encoding : List.of(ContentEncoding.GZIP, ContentEncoding.ZSTD)) {
            byte[] bomb = BodyReaderVerticleTest.encode(encoding, zeros);
            assertTrue(bomb.length < 1 << 20);
            for (BodyFormat format : BodyFormat.values()) {
                assertProblem(413, "too-large", post(format, encoding.name(), bomb));
            }
        }
        // a name of a file, which never ends
        byte[] large = new byte[(4 << 20) + 1];
        Arrays.fill(large, (byte) 'n');
        System.arraycopy(new byte[] {0x1F, (byte) 0x8B, 8, 8, 0, 0, 0, 0, 0, 0}, 0, large, 0, 10);
        assertProblem(413, "too-large", post(BodyFormat.NDJSON, "gzip", large));
    }

    @Test
    void answersAnErrorAtTheBeginningOfALargeBodyAndKeepsTheConnection() throws Exception {
        byte[] body = new byte[3 << 20];
        Arrays.fill(body, (byte) 'x');

        HttpResponse<String> answer = post(BodyFormat.JSON, "", body);

        assertProblem(400, "malformed", answer);
        assertTrue(answer.headers().firstValue("connection").isEmpty());
    }

    private void assertAnswer(String what, String expected, HttpResponse<String> answer) {
        JsonObject json = new JsonObject(answer.body());
        if (expected.equals("malformed")) {
            assertProblem(400, "malformed", answer);
            return;
        }
        String[] counts = expected.split("/", -1);
        JsonArray rejected = json.getJsonArray("rejected", new JsonArray());
        assertEquals(counts[0], json.getInteger("accepted").toString(), what);
        assertEquals(counts[1], Integer.toString(rejected.size()), what);
        if (!counts[0].equals("0")) {
            assertEquals(202, answer.statusCode(), what);
        } else if (answer.statusCode() == 413) {
            assertProblem(413, "too-large", answer);
            assertEquals("too-large", rejected.getJsonObject(0).getString("code"));
        } else {
            assertProblem(422, "invalid-reading", answer);
        }
    }

    private HttpResponse<String> post(BodyFormat format, String encoding, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri("/sensors"))
                .header(
                        "content-type",
                        switch (format) {
                            case JSON -> "application/json";
                            case NDJSON -> "Application/X-NDJSON; charset=utf-8";
                        })
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!encoding.isEmpty()) {
            request.header("content-encoding", encoding);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
