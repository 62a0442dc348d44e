package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReadingEncoderTest {

    /** 2025-12-04T12:00:00.123456Z, a time with the longest form. */
    private static final long NOW = 1_764_849_600_123_456L;

    private final ReadingDecoder gateway = new ReadingDecoder(ReadingLimits.DEFAULT);
    private final ReadingDecoder processor = new ReadingDecoder(ReadingLimits.DEFAULT, ReadingEncoder.MAX_LINE_BYTES);

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, -0.0",
        "72.5, 72.5",
        "1000, 1000",
        "1e6, 1000000",
        "9999999, 9999999",
        "12345678, 12345678",
        "7e15, 7.0E15",
        "-7e15, -7.0E15",
        "9007199254740991, 9007199254740991",
        "1e300, 1.0E300",
        "0.0001, 1.0E-4",
    })
    void writesANumberInTheShorterNotation(double value, String json) {
        StringBuilder out = new StringBuilder();
        ReadingEncoder.number(out, value);

        assertEquals(json, out.toString());
        assertEquals(value, Double.parseDouble(json));
    }

    @Test
    void writesControlCharactersAsShortAsTheyGo() {
        StringBuilder out = new StringBuilder();
        ReadingEncoder.text(out, "\b\t\n\f\r\u0001\u001f\u007f\"\\/é");

        assertEquals("\"\\b\\t\\n\\f\\r\\u0001\\u001f\u007f\\\"\\\\/é\"", out.toString());
    }

    @ParameterizedTest
    @MethodSource("readingsAsSent")
    void whatTheGatewayAcceptsTheProcessorAcceptsToo(String sent) {
        byte[] body = sent.getBytes(StandardCharsets.UTF_8);
        Decoded.Batch accepted = assertInstanceOf(Decoded.Batch.class, gateway.decode(body, NOW, () -> NOW));
        assertEquals(List.of(), accepted.rejections());

        byte[] line = ReadingEncoder.encode(accepted.readings().getFirst());

        assertEquals(accepted, processor.decode(line, NOW, () -> -1));
        assertTrue(
                line.length <= ReadingEncoder.MAX_GROWTH * body.length,
                () -> line.length + " bytes from " + body.length);
    }

    static Stream<String> readingsAsSent() {
        return Stream.of(
                        // the smallest, and numbers that are longest when written out
                        reading(1, "1"),
                        reading(1, "1e6"),
                        reading(1, "-1e6"),
                        reading(1, "7e15"),
                        reading(2, "1e6"),
                        reading(64, "7e15"),
                        reading(64, "1e6"),
                        reading(64, "5e-324"),
                        reading(64, "-12e-4"),
                        reading(64, "true"),
                        "{\"sensorId\":\"a\",\"timestamp\":0,\"b\":1e6}",
                        // texts of the longest kinds
                        reading(31, quoted("\\n", 256)),
                        reading(10, quoted("\\u0001", 256)),
                        reading(15, quoted("\ud83d\ude00", 128)),
                        reading(20, quoted("\u20ac", 256)),
                        reading(62, quoted("x", 256)))
                .flatMap(sent -> Stream.of(sent, filled(sent)));
    }

    @Test
    void noLineIsLongerThanItsBound() {
        String text = "\u0001".repeat(Reading.MAX_STATE_LENGTH);
        List<Measurement> measurements = IntStream.range(0, Reading.MAX_MEASUREMENTS)
                .<Measurement>mapToObj(i -> new Measurement.State("m".repeat(62) + (10 + i), text))
                .toList();
        Reading longest = new Reading("s".repeat(Reading.MAX_SENSOR_ID_LENGTH), NOW, measurements);

        byte[] line = ReadingEncoder.encode(longest);

        assertEquals(ReadingEncoder.MAX_LINE_BYTES, line.length);
        assertEquals(new Decoded.Batch(true, List.of(longest), List.of()), processor.decode(line, NOW, () -> -1));
    }

    /** A reading without timestamp, with so many measurements of one value. */
    private static String reading(int count, String value) {
        return IntStream.range(0, count)
                .mapToObj(i -> ",\"" + (char) ('a' + i % 26) + (i < 26 ? "" : String.valueOf(i / 26)) + "\":" + value)
                .collect(Collectors.joining("", "{\"sensorId\":\"a\"", "}"));
    }

    private static String quoted(String character, int count) {
        return '"' + character.repeat(count) + '"';
    }

    /** The same with spaces, so that it has exactly the largest size. */
    private static String filled(String sent) {
        int left = Reading.MAX_BYTES - sent.getBytes(StandardCharsets.UTF_8).length;
        return sent.substring(0, sent.length() - 1) + " ".repeat(left) + "}";
    }
}
