package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What comes of a body does not depend on how it was cut. */
class BodyDecoderPropertiesTest {

    private static final String READING = "{\"sensorId\":\"a\",\"t\":1.5e3,\"s\":\"R\\u00e9 \u00e9\",\"timestamp\":1}";

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT, 200);

    @Property(tries = 3_000)
    void aJsonBodyIsTheSameHoweverItIsCut(
            @ForAll("bodies") byte[] body,
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 40) Integer> cuts) {
        Bodies.Outcome whole = Bodies.decode(decoder, BodyFormat.JSON, body, _ -> body.length);

        assertEquals(whole, Bodies.decode(decoder, BodyFormat.JSON, body, i -> cuts.get(i % cuts.size())));
        assertEquals(whole, Bodies.decode(decoder, BodyFormat.JSON, body, _ -> 1));
        assertEquals(whole, atOnce(body));
    }

    @Property(tries = 3_000)
    void linesAreTheSameHoweverTheyAreCut(
            @ForAll("bodies") byte[] body,
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 40) Integer> cuts) {
        Bodies.Outcome whole = Bodies.decode(decoder, BodyFormat.NDJSON, body, _ -> body.length);

        assertEquals(whole, Bodies.decode(decoder, BodyFormat.NDJSON, body, i -> cuts.get(i % cuts.size())));
        assertEquals(whole, Bodies.decode(decoder, BodyFormat.NDJSON, body, _ -> 1));
    }

    /** Each line alone, as a JSON body of its own, has the same reading or none. */
    @Property(tries = 2_000)
    void aLineIsAReadingWhereItWouldBeOneAlone(@ForAll("lines") List<byte[]> lines) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        List<String> alone = new ArrayList<>();
        for (byte[] line : lines) {
            body.writeBytes(line);
            body.write('\n');
            if (decoder.decode(line, Bodies.NOW, () -> 7) instanceof Decoded.Batch batch && batch.single()) {
                batch.readings().forEach(reading -> alone.add(reading.toString()));
            }
        }
        List<String> accepted = new ArrayList<>();
        BodyDecoder stream = decoder.begin(BodyFormat.NDJSON, Bodies.NOW, () -> 7, new ReadingSink() {
            @Override
            public void accept(int index, Reading reading) {
                accepted.add(reading.toString());
            }

            @Override
            public void reject(Rejection rejection) {}
        });
        Bodies.feed(stream, body.toByteArray(), _ -> 1_000);

        assertEquals(alone, accepted);
    }

    private Bodies.Outcome atOnce(byte[] body) {
        long[] receipts = {0};
        return switch (decoder.decode(body, Bodies.NOW, () -> ++receipts[0])) {
            case Decoded.Malformed(String detail, int line, int column) ->
                new Bodies.Outcome(new BodyResult.Malformed(detail, line, column), List.of());
            case Decoded.TooMany(int limit) -> new Bodies.Outcome(new BodyResult.TooMany(limit), List.of());
            case Decoded.Batch batch -> {
                String[] items =
                        new String[batch.readings().size() + batch.rejections().size()];
                batch.rejections().forEach(rejection -> items[rejection.index()] = rejection.toString());
                int at = 0;
                for (Reading reading : batch.readings()) {
                    while (items[at] != null) {
                        at++;
                    }
                    items[at] = at + " " + reading;
                }
                yield new Bodies.Outcome(new BodyResult.Complete(batch.single()), List.of(items));
            }
        };
    }

    /** From well-formed to noise, most of it nearly right. */
    @Provide
    Arbitrary<byte[]> bodies() {
        Arbitrary<String> separators =
                Arbitraries.frequency(pair(30, ","), pair(20, "\n"), pair(4, ",\n "), pair(3, "\r\n"), pair(1, ""));
        Arbitrary<String> ends =
                Arbitraries.frequency(pair(12, "]"), pair(4, ""), pair(2, "]\r\n "), pair(1, "] x"), pair(1, "\r"));
        Arbitrary<String> starts = Arbitraries.frequency(
                pair(12, "["), pair(4, ""), pair(1, "\ufeff["), pair(1, " \r\n["), pair(1, "\ufeff"));
        Arbitrary<byte[]> bodies = Combinators.combine(
                        starts, fragments().list().ofMaxSize(8), separators, ends)
                .as((start, items, separator, end) -> join(start, items, separator, end));
        Arbitrary<byte[]> noise = Arbitraries.of("{}[]\",:\\ 019.eE-+truefalsnl\n\r\u00e9".split(""))
                .list()
                .ofMaxSize(30)
                .map(parts -> Bodies.bytes(String.join("", parts)));
        return Arbitraries.frequencyOf(Tuple.of(6, bodies), Tuple.of(6, damaged(bodies)), Tuple.of(2, noise));
    }

    @Provide
    Arbitrary<List<byte[]>> lines() {
        return Arbitraries.oneOf(fragments(), damaged(fragments()))
                .map(BodyDecoderPropertiesTest::withoutLineEnds)
                .list()
                .ofMaxSize(8);
    }

    private static byte[] withoutLineEnds(byte[] line) {
        byte[] copy = line.clone();
        for (int i = 0; i < copy.length; i++) {
            if (copy[i] == '\n' || copy[i] == '\r') {
                copy[i] = ' ';
            }
        }
        return copy;
    }

    private static Arbitrary<byte[]> fragments() {
        return Arbitraries.frequency(
                        pair(20, READING),
                        pair(5, "{\"sensorId\":\"b\",\"open\":true}"),
                        pair(2, "{\"sensorId\":\"b\",\"t\":[1,{\"x\":\"]\"}]}"),
                        pair(2, "{\"sensorId\" : \"c\" ,\r\n \"t\":-0.0}"),
                        pair(2, "{\"sensorId\":\"a\",\"t\":\"" + "x".repeat(300) + "\"}"),
                        pair(1, "{\"sensorId\":\"a\",\"t\":" + "7".repeat(300) + "}"),
                        pair(1, "{\"sensorId\":\"a\"," + " ".repeat(300) + "\"t\":1}"),
                        pair(1, "{\"sensorId\":\"a\",\"t\":\"\\ud800\"}"),
                        pair(1, "{}"),
                        pair(1, "[]"),
                        pair(1, "[[1,2],{}]"),
                        pair(1, "\"text \\\" with \\\\ ends\""),
                        pair(1, "17"),
                        pair(1, "-1.5e-7"),
                        pair(1, "null"),
                        pair(1, "tru"),
                        pair(1, "truex"),
                        pair(1, "01"),
                        pair(1, "\u0001"),
                        pair(1, "NaN"),
                        pair(1, "'a'"),
                        pair(1, ""))
                .map(Bodies::bytes);
    }

    private static Arbitrary<byte[]> damaged(Arbitrary<byte[]> bodies) {
        return Combinators.combine(
                        bodies,
                        Arbitraries.integers().between(0, 10_000),
                        Arbitraries.oneOf(
                                Arbitraries.bytes(),
                                Arbitraries.of((byte) '"', (byte) '{', (byte) ']', (byte) 0, (byte) 0xC3, (byte) 0xED)),
                        Arbitraries.integers().between(0, 3))
                .as((body, place, value, way) -> damage(body, place, value, way));
    }

    private static byte[] damage(byte[] body, int place, byte value, int way) {
        if (body.length == 0) {
            return new byte[] {value};
        }
        int at = place % body.length;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(body, 0, at);
        switch (way) {
            case 0 -> out.write(value);
            case 1 -> {
                out.write(value);
                out.write(body, at, body.length - at);
                return out.toByteArray();
            }
            case 2 -> {
                return out.toByteArray();
            }
            default -> {
                // a byte is missing
            }
        }
        out.write(body, at + 1, body.length - at - 1);
        return out.toByteArray();
    }

    private static byte[] join(String start, List<byte[]> items, String separator, String end) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Bodies.bytes(start));
        for (int i = 0; i < items.size(); i++) {
            out.writeBytes(i == 0 ? new byte[0] : Bodies.bytes(separator));
            out.writeBytes(items.get(i));
        }
        out.writeBytes(Bodies.bytes(end));
        return out.toByteArray();
    }

    private static Tuple.Tuple2<Integer, String> pair(int frequency, String text) {
        return Tuple.of(frequency, text);
    }
}
