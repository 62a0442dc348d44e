package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The work that a body makes grows with its length alone, whatever is in it and however it is cut. */
class LinearWorkTest {

    private static final int SMALL = 256 << 10;
    private static final int FACTOR = 8;

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    /** What repeats: a start, a part that repeats, and nothing behind it. */
    private enum Shape {
        NESTING_ARRAYS("", "["),
        NESTING_OBJECTS("", "{\"a\":"),
        NESTING_CLOSED("[", "[[[[[[[[]]]]]]]],"),
        LONG_NUMBER("{\"sensorId\":\"a\",\"t\":", "9"),
        LONG_FRACTION("{\"sensorId\":\"a\",\"t\":0.", "123"),
        LONG_NUMBERS("[", "{\"sensorId\":\"a\",\"t\":" + "7".repeat(15_000) + "},"),
        LONG_EXPONENT("{\"sensorId\":\"a\",\"t\":1e", "9"),
        LONG_TEXT("{\"sensorId\":\"a\",\"t\":\"", "x"),
        ESCAPES("{\"sensorId\":\"a\",\"t\":\"", "\\u0041"),
        LONG_NAME("{\"sensorId\":\"a\",\"", "n"),
        ESCAPED_NAME("{\"sensorId\":\"a\",\"", "\\n"),
        MANY_NAMES("{\"sensorId\":\"a\"", ",\"n#\":1"),
        SPACES("[", " "),
        LINE_ENDS("[", "\r\n"),
        SPACES_AFTER_COMMA("[1,", " "),
        SMALL_ITEMS("[", "[],"),
        BAD_LINES("", "x\n"),
        BLANK_LINES("", "\n"),
        MULTI_BYTE("\"", "\u20ac");

        private final String start;
        private final String part;

        Shape(String start, String part) {
            this.start = start;
            this.part = part;
        }

        byte[] body(int size) {
            StringBuilder body = new StringBuilder(size + part.length()).append(start);
            for (int i = 0; body.length() < size; i++) {
                body.append(part.contains("#") ? part.replace("#", Integer.toString(i)) : part);
            }
            return Arrays.copyOf(Bodies.bytes(body.toString()), size);
        }
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void parsesNoByteMoreThanAFewTimesHoweverTheBodyIsCut(Shape shape) {
        byte[] body = shape.body(SMALL);
        for (int piece : new int[] {1, 7, 1_000, 16_384}) {
            JsonBodyDecoder stream =
                    assertInstanceOf(JsonBodyDecoder.class, Bodies.begin(decoder, BodyFormat.JSON, new ArrayList<>()));
            for (int at = 0; at < body.length; at += piece) {
                stream.write(body, at, Math.min(piece, body.length - at));
                assertParsed(stream, body);
                assertTrue(stream.heldBytes() <= SMALL + SMALL / 4 + Reading.MAX_BYTES, "holds more than the body has");
            }
            stream.end();
            assertParsed(stream, body);
        }
    }

    /** Looked at after each piece, so that a quadratic decoder fails soon. */
    private static void assertParsed(JsonBodyDecoder stream, byte[] body) {
        long parsed = stream.parsedBytes();
        assertTrue(parsed <= 4L * body.length, () -> "parsed " + parsed + " of " + body.length);
    }

    /** Eight times the bytes take eight times as long, not sixty-four; processor time, so that a busy machine does not tell. */
    @ParameterizedTest
    @EnumSource(Shape.class)
    void takesNoMoreThanInProportionToItsLength(Shape shape) {
        byte[] small = shape.body(SMALL);
        byte[] large = shape.body(SMALL * FACTOR);
        for (BodyFormat format : BodyFormat.values()) {
            for (int piece : new int[] {64, 16_384}) {
                decode(format, small, piece);
                long one = 20_000_000 + least(format, small, piece);
                long many = least(format, large, piece);
                assertTrue(
                        many < 4 * FACTOR * one,
                        () -> format + " in pieces of " + piece + ": " + one + " ns, then " + many + " ns");
            }
        }
    }

    /** A line that is too long is not kept, and neither is what is blank. */
    @ParameterizedTest
    @CsvSource({"JSON, SPACES, 2048", "JSON, SMALL_ITEMS, 2048", "NDJSON, LONG_TEXT, 16388", "NDJSON, SPACES, 16388"})
    void holdsOnlyWhatIsNotComplete(BodyFormat format, Shape shape, int most) {
        byte[] body = shape.body(SMALL);
        BodyDecoder stream = Bodies.begin(decoder, format, new ArrayList<>());
        for (int at = 0; at < body.length; at += 500) {
            stream.write(body, at, Math.min(500, body.length - at));
            int held = stream.heldBytes();
            assertTrue(held <= most, () -> "holds " + held);
        }
    }

    @Test
    void stopsTakingReadingsAtTheLimitOfOneBody() {
        String reading = "{\"sensorId\":\"a\",\"t\":1}";
        for (BodyFormat format : BodyFormat.values()) {
            String separator = format == BodyFormat.JSON ? "," : "\n";
            String start = format == BodyFormat.JSON ? "[" : "";
            String end = format == BodyFormat.JSON ? "]" : "";
            byte[] most = Bodies.bytes(start + (reading + separator).repeat(9_999) + reading + end);
            byte[] more = Bodies.bytes(start + (reading + separator).repeat(10_000) + reading + end);

            assertEquals(
                    10_000,
                    Bodies.decode(decoder, format, most, _ -> 5_000).items().size());
            assertEquals(
                    new BodyResult.TooMany(10_000),
                    Bodies.decode(decoder, format, more, _ -> 5_000).result());
        }
    }

    private long least(BodyFormat format, byte[] body, int piece) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            var threads = ManagementFactory.getThreadMXBean();
            long start = threads.getCurrentThreadCpuTime();
            decode(format, body, piece);
            least = Math.min(least, threads.getCurrentThreadCpuTime() - start);
        }
        return least;
    }

    private void decode(BodyFormat format, byte[] body, int piece) {
        BodyDecoder stream = Bodies.begin(decoder, format, new ArrayList<>());
        for (int at = 0; at < body.length; at += piece) {
            stream.write(body, at, Math.min(piece, body.length - at));
        }
        stream.end();
    }
}
