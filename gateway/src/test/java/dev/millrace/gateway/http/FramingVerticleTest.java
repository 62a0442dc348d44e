package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nobody gets a request past the door that another server in front of it took for a part of a body, or the other way round. */
class FramingVerticleTest extends HttpDoorFixture {

    private static final String POST = "POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3}) ");

    /** Short, so that connections that end are closed soon; the clock stands, so that none is cut off. */
    @Override
    HttpLimits limits() {
        return FAST;
    }

    @Override
    LongSupplier doorClock() {
        return () -> 0;
    }

    @BeforeEach
    void accept() {
        stream.acceptAll();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: ",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: xchunked\r\nContent-Length: 4",
                "Transfer-Encoding: chunked\r\nContent-Length: 4",
                "Content-Length: 4\r\nTransfer-Encoding: chunked",
                "Host: y\r\nContent-Length: 4",
                "hOST: x\r\nContent-Length: 4",
            })
    void refusesAHeadThatTwoReadersMayTakeDifferentlyAndNothingBehindIt(String header) {
        for (String body : List.of("", "0\r\n\r\n", "4\r\nnull\r\n0\r\n\r\n")) {
            assertRefused(POST + header + "\r\n\r\n" + body + second());
        }
    }

    @Test
    void knowsNoTransferCodingInHttp10() {
        String head =
                "POST /sensors HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n";

        assertRefused(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second());
        assertRefused(head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + second());
    }

    @Test
    void takesOneChunkedBodyAfterTheOther() throws Exception {
        String chunked = "Transfer-Encoding: Chunked\r\n\r\n" + Integer.toHexString(READING.length()) + "\r\n" + READING
                + "\r\n0\r\n\r\n";

        assertEquals(
                List.of("202", "202", "202"),
                statuses(raw(POST + chunked + POST + chunked + POST + "Connection: close\r\n" + chunked)));
    }

    /** RFC 9112, 9.6: what follows an answer with {@code Connection: close} must not be processed. */
    @Test
    void executesNothingBehindAnAnswerThatEndsTheConnection() throws Exception {
        door.leave();

        assertEquals(List.of("202"), statuses(raw((POST + contents(READING)).repeat(3))));
        assertEquals(1, accepted());
    }

    @Test
    void executesNothingBehindABodyThatIsTooLarge() throws Exception {
        String large = POST + "Content-Length: " + ((4 << 20) + 1) + "\r\n\r\n" + " ".repeat((4 << 20) + 1);

        assertEquals(List.of("413"), statuses(raw(large + second())));
        assertEquals(0, accepted());
    }

    @Test
    void executesNothingBehindARefusalForShuttingDown() throws Exception {
        ingestor.drain();

        String answers = raw((POST + contents(READING)).repeat(2) + "GET / HTTP/1.1\r\n\r\n");

        assertEquals(List.of("503"), statuses(answers));
    }

    private static String second() {
        return POST + contents(READING);
    }

    private static String contents(String body) {
        return "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private void assertRefused(String bytes) {
        String answers;
        try {
            answers = raw(bytes);
        } catch (Exception e) {
            throw new AssertionError(bytes, e);
        }
        assertEquals(List.of("400"), statuses(answers), bytes);
        assertTrue(answers.contains("connection: close"), answers);
        assertEquals(0, accepted(), bytes);
    }

    private static List<String> statuses(String answers) {
        return STATUS.matcher(answers)
                .results()
                .map((MatchResult line) -> line.group(1))
                .toList();
    }

    private double accepted() {
        return registry.get("millrace.gateway.readings.accepted").counter().count();
    }
}
