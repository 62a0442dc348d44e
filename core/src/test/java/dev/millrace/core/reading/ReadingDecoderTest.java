package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingDecoderTest {

    /** 2025-12-04T12:00:00Z. */
    private static final long NOW = 1_764_849_600_000_000L;

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    @Test
    void decodesTheExampleOfTheContract() {
        Reading reading =
                one("{\"sensorId\": \"sensor-001\", \"temperature\": 72.5, \"timestamp\": \"2025-12-04T12:00:00Z\"}");

        assertEquals(new Reading("sensor-001", NOW, List.of(new Measurement.Numeric("temperature", 72.5))), reading);
    }

    @Test
    void takesBooleansAsNumbersAndTextsAsStates() {
        Reading reading = one("{\"sensorId\":\"a\",\"open\":true,\"shut\":false,\"status\":\"RUNNING \\u00e9\"}");

        assertEquals(
                List.of(
                        new Measurement.Numeric("open", 1),
                        new Measurement.Numeric("shut", 0),
                        new Measurement.State("status", "RUNNING é")),
                reading.measurements());
    }

    @Test
    void givesAReadingWithoutTimestampItsTimeOfReceipt() {
        assertEquals(42, one("{\"sensorId\":\"a\",\"t\":1}").timestamp());
    }

    @ParameterizedTest
    @CsvSource({
        "1764849600000, 1764849600000000",
        "-1, -1000",
        "'\"2025-12-04T13:00:00.123456789+01:00\"', 1764849600123456",
        "'\"1969-12-31T23:59:59.5Z\"', -500000",
    })
    void readsEveryFormOfATimestamp(String json, long micros) {
        assertEquals(
                micros,
                one("{\"sensorId\":\"a\",\"t\":1,\"timestamp\":" + json + "}").timestamp());
    }

    @Test
    void acceptsATimestampUpToTheClockAllowanceAheadAndNoFurther() {
        long limit = NOW / 1000 + Duration.ofMinutes(5).toMillis();

        one("{\"sensorId\":\"a\",\"t\":1,\"timestamp\":" + limit + "}");
        assertEquals(
                "timestamp",
                rejected("{\"sensorId\":\"a\",\"t\":1,\"timestamp\":" + (limit + 1) + "}")
                        .field());
    }

    @Test
    void refusesOldReadingsOnlyWhereALimitIsSet() {
        String old = "{\"sensorId\":\"a\",\"t\":1,\"timestamp\":\"1999-01-01T00:00:00Z\"}";
        ReadingDecoder limited =
                new ReadingDecoder(new ReadingLimits(Duration.ofMinutes(5), Optional.of(Duration.ofDays(30))));

        one(old);
        Decoded.Batch batch = assertInstanceOf(
                Decoded.Batch.class, limited.decode(old.getBytes(StandardCharsets.UTF_8), NOW, () -> 42));
        assertEquals("timestamp", batch.rejections().getFirst().field());
    }

    /** Field that is told, and the object that is no reading. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sensorId  | {'t':1}",
                "sensorId  | {'sensorId':7,'t':1}",
                "sensorId  | {'sensorId':null,'t':1}",
                "sensorId  | {'sensorId':'','t':1}",
                "sensorId  | {'sensorId':'a b','t':1}",
                "sensorId  | {'sensorId':'a','sensorId':'a','t':1}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':null}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':1.5}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':1e12}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':99999999999999999999}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':-99999999999999999}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':'2025-12-04T12:00:00'}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':'2025-02-29T12:00:00Z'}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':true}",
                "timestamp | {'sensorId':'a','t':1,'timestamp':1,'timestamp':1}",
                "t         | {'sensorId':'a','t':null}",
                "t         | {'sensorId':'a','t':[1]}",
                "t         | {'sensorId':'a','t':{'u':1}}",
                "t         | {'sensorId':'a','t':1,'t':1}",
                "t         | {'sensorId':'a','t':1e400}",
                "t         | {'sensorId':'a','t':-1e400}",
                "t         | {'sensorId':'a','t':'\\u0000'}",
                "t         | {'sensorId':'a','t':'\\ud800'}",
                "t         | {'sensorId':'a','t':'\\udc00\\ud800'}",
                "1t        | {'sensorId':'a','1t':1}",
                "t t       | {'sensorId':'a','t t':1}",
                "''        | {'sensorId':'a'}",
                "''        | {'sensorId':'a','timestamp':1}",
                "sensorId  | {}",
                "''        | 7",
                "''        | true",
                "''        | null",
            })
    void refusesWhatIsNoReadingAndNamesTheField(String field, String json) {
        Rejection rejection = rejected(json.replace('\'', '"'));

        assertEquals(Rejection.Code.INVALID_READING, rejection.code());
        assertEquals(field, rejection.field());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[",
                "[1,",
                "{\"sensorId\":\"a\",\"t\":1",
                "{\"sensorId\":\"a\",\"t\":1}}",
                "[{\"sensorId\":\"a\",\"t\":1},]",
                "{\"sensorId\":\"a\",\"t\":NaN}",
                "{\"sensorId\":\"a\",\"t\":01}",
                "{'sensorId':'a'}",
                "{\"a\":1} {\"a\":1}",
                "tru",
                "\u0000",
                "\"\n\""
            })
    void refusesABodyThatIsNoJsonWhole(String body) {
        assertInstanceOf(Decoded.Malformed.class, decode(body));
    }

    @Test
    void tellsWhereABodyStopsBeingJson() {
        assertEquals(
                new Decoded.Malformed("The body is not valid JSON", 2, 13),
                decode("[{\"sensorId\":\"a\",\"t\":1},\n{\"sensorId\":}]"));
    }

    @Test
    void refusesInvalidUtf8AndOtherEncodings() {
        byte[] broken = "{\"sensorId\":\"a\",\"t\":\"?\"}".getBytes(StandardCharsets.UTF_8);
        broken[21] = (byte) 0x80;
        String reading = "{\"sensorId\":\"a\",\"t\":1}";

        assertInstanceOf(Decoded.Malformed.class, decode(broken));
        assertInstanceOf(Decoded.Malformed.class, decode(reading.getBytes(StandardCharsets.UTF_16)));
        assertInstanceOf(Decoded.Malformed.class, decode(reading.getBytes(StandardCharsets.UTF_16LE)));
        assertInstanceOf(Decoded.Malformed.class, decode("[".repeat(100_000).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void keepsTheGoodItemsOfAnArrayAndPlacesTheBad() {
        Decoded.Batch batch =
                batch("[{\"t\":1},{\"sensorId\":\"a\",\"t\":1},[[2]],{\"sensorId\":\"b\",\"t\":{\"x\":[]}},"
                        + "{\"sensorId\":\"c\",\"t\":1}]");

        assertEquals(
                List.of("a", "c"),
                batch.readings().stream().map(Reading::sensorId).toList());
        assertEquals(
                List.of(0, 2, 3),
                batch.rejections().stream().map(Rejection::index).toList());
    }

    @Test
    void tellsABodyThatIsNestedTooDeeplyFromOneThatIsNoJson() {
        String deep = "[".repeat(900) + "]".repeat(900);

        assertEquals(
                1,
                batch("[" + deep + ",{\"sensorId\":\"a\",\"t\":1}]").readings().size());
        assertEquals(
                "The body is nested too deeply",
                assertInstanceOf(Decoded.Malformed.class, decode("[".repeat(100_000)))
                        .detail());
    }

    @Test
    void refusesANameThatIsTooLongWithItsReadingAlone() {
        Decoded.Batch batch = batch("[{\"sensorId\":\"a\",\"" + "n".repeat(65) + "\":1},"
                + "{\"sensorId\":\"b\",\"t\":{\"" + "n".repeat(100_000) + "\":1}}," + "{\"sensorId\":\"c\",\"t\":1}]");

        assertEquals(
                List.of("c"), batch.readings().stream().map(Reading::sensorId).toList());
    }

    /** A name of a reading, and one in what is skipped. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"sensorId\":\"a\",\"NAME\":1}", "[[{\"NAME\":1}]]", "{\"t\":{\"NAME\":[]}}"})
    void doesNotKeepTheNamesThatClientsInvent(String shape) {
        String long2MiB = "n".repeat(2 << 20);
        long before = usedHeap();
        for (int i = 0; i < 60; i++) {
            decode(shape.replace("NAME", i + long2MiB));
        }
        long kept = usedHeap() - before;

        // 60 such names are 240 MiB at least: the text and the table's copy
        assertTrue(kept < 40L << 20, () -> "keeps " + (kept >> 20) + " MiB");
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void refusesOneReadingThatIsTooLargeAndKeepsTheOthers() {
        String large = "{\"sensorId\":\"a\",\"t\":1" + " ".repeat(17 * 1024) + "}";
        String number = "{\"sensorId\":\"a\",\"t\":" + "9".repeat(17 * 1024) + "}";
        String name = "{\"sensorId\":\"a\",\"" + "n".repeat(60 * 1024) + "\":1}";

        Decoded.Batch batch = batch("[" + String.join(",", large, number, name, "{\"sensorId\":\"b\",\"t\":1}") + "]");

        assertEquals(1, batch.readings().size());
        assertEquals(
                List.of(Rejection.Code.TOO_LARGE, Rejection.Code.TOO_LARGE, Rejection.Code.TOO_LARGE),
                batch.rejections().stream().map(Rejection::code).toList());
    }

    @Test
    void acceptsAReadingOfExactlyTheLargestSize() {
        String start = "{\"sensorId\":\"a\",\"t\":1";
        String largest = start + " ".repeat(Reading.MAX_BYTES - start.length() - 1) + "}";

        assertEquals(Reading.MAX_BYTES, largest.length());
        one(largest);
        assertEquals(
                Rejection.Code.TOO_LARGE,
                rejected(start + " ".repeat(Reading.MAX_BYTES) + "}").code());
    }

    @Test
    void limitsMeasurementsTextsAndReadings() {
        assertEquals(64, one(withMeasurements(64)).measurements().size());
        assertEquals("m64", rejected(withMeasurements(65)).field());
        one("{\"sensorId\":\"a\",\"t\":\"" + "é".repeat(256) + "\"}");
        assertEquals(
                "t",
                rejected("{\"sensorId\":\"a\",\"t\":\"" + "é".repeat(257) + "\"}")
                        .field());
        assertEquals(
                64,
                rejected("{\"sensorId\":\"a\",\"" + "n".repeat(300) + "\":1}")
                        .field()
                        .length());

        String many = "{\"sensorId\":\"a\",\"t\":1},".repeat(10_000);
        assertEquals(
                10_000,
                batch("[" + many.substring(0, many.length() - 1) + "]")
                        .readings()
                        .size());
        assertEquals(new Decoded.TooMany(10_000), decode("[" + many + "{\"sensorId\":\"a\",\"t\":1}]"));
    }

    @Test
    void decodesPartOfAnArrayOfBytes() {
        byte[] bytes = "xx{\"sensorId\":\"a\",\"t\":1}yy".getBytes(StandardCharsets.UTF_8);

        Decoded decoded = decoder.decode(bytes, 2, bytes.length - 4, NOW, () -> 42);

        assertEquals(
                "a",
                assertInstanceOf(Decoded.Batch.class, decoded)
                        .readings()
                        .getFirst()
                        .sensorId());
    }

    private static String withMeasurements(int count) {
        StringBuilder json = new StringBuilder("{\"sensorId\":\"a\"");
        for (int i = 0; i < count; i++) {
            json.append(",\"m").append(i).append("\":").append(i);
        }
        return json.append('}').toString();
    }

    private Reading one(String json) {
        Decoded.Batch batch = batch(json);
        assertEquals(List.of(), batch.rejections());
        assertTrue(batch.single());
        assertEquals(1, batch.readings().size());
        return batch.readings().getFirst();
    }

    private Rejection rejected(String json) {
        Decoded.Batch batch = batch(json);
        assertEquals(List.of(), batch.readings());
        assertEquals(1, batch.rejections().size());
        return batch.rejections().getFirst();
    }

    private Decoded.Batch batch(String json) {
        return assertInstanceOf(Decoded.Batch.class, decode(json));
    }

    private Decoded decode(String json) {
        return decode(json.getBytes(StandardCharsets.UTF_8));
    }

    private Decoded decode(byte[] body) {
        return decoder.decode(body, NOW, () -> 42);
    }
}
