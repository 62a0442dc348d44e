package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyFormatTest {

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    /** In the text, n, r and m stand for a line feed, a carriage return and a byte order mark. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "JSON   | ##",
                "JSON   | # n#",
                "JSON   | #{'a':1}#",
                "JSON   | # n {'a':1} rn n#",
                "JSON   | #{#",
                "JSON   | #}#",
                "JSON   | #{'a':1}{'a':2}#",
                "JSON   | #{'a':1,n 'b':2n}#",
                "JSON   | #{n'a':n [1]}#",
                "JSON   | #{'a':1} 7#",
                "JSON   | #[{'a':1},n{'a':2}]#",
                "JSON   | #7n{'a':2}#",
                "JSON   | #m{'a':1}#",
                "NDJSON | #{'a':1}n{'a':2}#",
                "NDJSON | #{'a':1}rn{'a':2}rn#",
                "NDJSON | #n {'a':1} nnn {'a':2}n#",
                "NDJSON | #{'a':1}n7#",
                "NDJSON | #{'a':1n{'a':2}#",
                "NDJSON | #{'a':1nn7n{#",
                "NDJSON | #{n{#",
                "NDJSON | #{}n[#",
                "NDJSON | #m{'a':1}n{'a':2}#",
            })
    void isToldByTheFirstLineAndWhatFollowsIt(BodyFormat format, String text) {
        byte[] body = Bodies.bytes(text.replace('n', '\n')
                .replace('r', '\r')
                .replace('m', '\ufeff')
                .replace('\'', '"'));
        byte[] within = new byte[body.length + 4];
        // what is around the payload is not looked at
        within[0] = '{';
        within[1] = '}';
        within[within.length - 2] = '\n';
        within[within.length - 1] = '{';
        System.arraycopy(body, 0, within, 2, body.length);

        assertEquals(format, BodyFormat.of(body, 0, body.length));
        assertEquals(format, BodyFormat.of(within, 2, body.length));
    }

    /** Each way to write readings down has all of them when it is taken for what it looks like. */
    @Property(tries = 500)
    void everyWayToWriteReadingsDownIsRecognised(@ForAll("payloads") Payload payload) {
        byte[] body = Bodies.bytes(payload.text);

        Bodies.Outcome outcome = Bodies.decode(decoder, BodyFormat.of(body, 0, body.length), body, _ -> body.length);

        assertEquals(payload.readings, outcome.items().size(), payload.text);
        outcome.items().forEach(item -> assertEquals(true, item.contains("sensorId=a"), item));
    }

    @Property(tries = 1_000)
    void anyBytesHaveAFormat(@ForAll byte[] bytes) {
        BodyFormat.of(bytes, 0, bytes.length);
    }

    /** Readings as text, and how many. */
    record Payload(String text, int readings) {}

    @Provide
    Arbitrary<Payload> payloads() {
        Arbitrary<List<String>> readings = Arbitraries.of(
                        "{\"sensorId\":\"a\",\"t\":1}",
                        " { \"sensorId\" : \"a\", \"s\":\"{}\\n{\" }",
                        "{\"t\":1.5,\"sensorId\":\"a\"}\t")
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
        Arbitrary<String> ends = Arbitraries.of("\n", "\r\n", " \n\n");
        return Combinators.combine(readings, ends, Arbitraries.integers().between(0, 3))
                .as((items, end, way) -> {
                    String text =
                            switch (way) {
                                case 0 -> String.join(end, items);
                                case 1 -> items.stream().map(item -> item + end).collect(Collectors.joining());
                                case 2 -> "[" + String.join("," + end, items) + "]" + end;
                                default -> end + items.getFirst().replace(",", "," + end) + end;
                            };
                    return new Payload(text, way < 3 ? items.size() : 1);
                });
    }
}
