package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class ReadingPropertiesTest {

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    @Property
    void everyReadingSurvivesEncodingAndDecoding(@ForAll("readings") Reading reading) {
        byte[] line = ReadingEncoder.encode(reading);

        Decoded decoded = decoder.decode(line, Rfc3339.MAX_MICROS, () -> -1);

        assertEquals('\n', line[line.length - 1]);
        assertEquals(new Decoded.Batch(true, List.of(reading), List.of()), decoded);
    }

    @Property
    void everyStringOfBytesIsDecodedOrRefused(@ForAll byte[] bytes) {
        assertNotNull(decoder.decode(bytes, 0, () -> 0));
    }

    @Property(tries = 5_000)
    void everyDamagedBodyIsDecodedOrRefused(
            @ForAll("readings") Reading reading, @ForAll @Size(4) byte[] noise, @ForAll int place) {
        byte[] body = ReadingEncoder.encode(reading);
        System.arraycopy(noise, 0, body, Math.floorMod(place, body.length - noise.length), noise.length);

        assertNotNull(decoder.decode(body, Rfc3339.MAX_MICROS, () -> 0));
    }

    @Property
    void timesAreFormattedAndParsedAsTheStandardLibraryDoes(
            @ForAll @LongRange(min = -62_135_596_800_000_000L, max = 253_402_300_799_999_999L) long micros,
            @ForAll @LongRange(min = -1_439, max = 1_439) long offsetMinutes) {
        Instant instant = Instant.EPOCH
                .plusSeconds(Math.floorDiv(micros, 1_000_000L))
                .plusNanos(Math.floorMod(micros, 1_000_000L) * 1_000);
        assertEquals(DateTimeFormatter.ISO_INSTANT.format(instant), Rfc3339.format(micros));
        assertEquals(OptionalLong.of(micros), Rfc3339.parse(Rfc3339.format(micros)));

        int seconds = (int) (offsetMinutes * 60);
        if (Math.abs(seconds) <= 18 * 3_600) {
            OffsetDateTime local = instant.atOffset(ZoneOffset.ofTotalSeconds(seconds));
            if (local.getYear() >= 1 && local.getYear() <= 9_999) {
                String text = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx")
                        .format(local);
                assertEquals(OptionalLong.of(micros), Rfc3339.parse(text));
            }
        }
    }

    @Property
    void anyTextIsATimeOrNone(@ForAll @From("timeLike") String text) {
        assertNotNull(Rfc3339.parse(text));
    }

    @Provide
    Arbitrary<String> timeLike() {
        return Arbitraries.strings()
                .withChars("0123456789-:.TtZz+ ")
                .ofMinLength(18)
                .ofMaxLength(28);
    }

    @Provide
    Arbitrary<Reading> readings() {
        Arbitrary<String> ids = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('A', 'Z')
                .numeric()
                .withChars("._:-")
                .ofMinLength(1)
                .ofMaxLength(128);
        Arbitrary<Long> times = Arbitraries.longs().between(Rfc3339.MIN_MICROS, Rfc3339.MAX_MICROS);
        return Combinators.combine(ids, times, measurements()).as(Reading::new);
    }

    private static Arbitrary<List<Measurement>> measurements() {
        Arbitrary<Set<String>> names = Combinators.combine(
                        Arbitraries.strings().alpha().withChars('_').ofLength(1),
                        Arbitraries.strings().alpha().numeric().withChars("_.-").ofMaxLength(63))
                .as(String::concat)
                .filter(name -> !name.equals("timestamp") && !name.equals("sensorId"))
                .set()
                .ofMinSize(1)
                .ofMaxSize(12);
        Arbitrary<Object> values = Arbitraries.oneOf(
                Arbitraries.doubles().map(value -> (Object) value),
                Arbitraries.longs().map(value -> (Object) (double) value),
                Arbitraries.strings()
                        .ofMaxLength(256)
                        .filter(text -> Names.isStorable(text) && isUtf8(text))
                        .map(value -> (Object) value));
        return names.flatMap(set -> values.list().ofSize(set.size()).map(list -> {
            List<Measurement> measurements = new ArrayList<>();
            int i = 0;
            for (String name : set) {
                measurements.add(
                        switch (list.get(i++)) {
                            case Double number -> new Measurement.Numeric(name, number);
                            case Object text -> new Measurement.State(name, text.toString());
                        });
            }
            return measurements;
        }));
    }

    private static boolean isUtf8(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    @Property
    void onlyTextsThatUtf8CanHoldAreStorable(@ForAll String text) {
        assertEquals(isUtf8(text) && text.indexOf(0) < 0, Names.isStorable(text));
    }
}
