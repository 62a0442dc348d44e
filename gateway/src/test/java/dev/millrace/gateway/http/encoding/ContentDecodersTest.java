package dev.millrace.gateway.http.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.millrace.gateway.http.encoding.ContentDecoder.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ContentDecodersTest {

    private static final byte[] TEXT =
            "{\"sensorId\":\"a\",\"t\":1}\n".repeat(40).getBytes(StandardCharsets.UTF_8);

    private final ContentDecoders decoders = ContentDecoders.forOneEventLoop();

    /** Takes what is decoded, up to a limit and within a room. */
    private static final class Taken implements ContentDecoder.Output {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final long room;
        private final int limit;
        private long asked;

        Taken(long room, int limit) {
            this.room = room;
            this.limit = limit;
        }

        @Override
        public boolean room(long wanted) {
            asked = wanted;
            return wanted <= room;
        }

        @Override
        public boolean decoded(byte[] from, int offset, int length) {
            assertTrue(length > 0 && length <= 64 * 1024);
            bytes.write(from, offset, length);
            return bytes.size() <= limit;
        }
    }

    /** What came of a body: how it went, what was decoded, and whether it may end there. */
    private record Decoded(Progress progress, String text, boolean complete) {}

    private Decoded decode(ContentEncoding encoding, byte[] body, List<Integer> pieces, Taken taken) {
        try (ContentDecoder decoder = decoders.create(encoding, taken)) {
            Progress progress = Progress.MORE;
            int at = 0;
            for (int i = 0; at < body.length && progress == Progress.MORE; i++) {
                int length = Math.min(pieces.get(i % pieces.size()), body.length - at);
                progress = decoder.write(body, at, length);
                at += length;
            }
            return new Decoded(
                    progress,
                    taken.bytes.toString(StandardCharsets.ISO_8859_1),
                    progress == Progress.MORE && decoder.isComplete());
        }
    }

    private Decoded decode(ContentEncoding encoding, byte[] body) {
        return decode(encoding, body, List.of(100_000), new Taken(Long.MAX_VALUE, Integer.MAX_VALUE));
    }

    private static Decoded whole(byte[] text) {
        return new Decoded(Progress.MORE, new String(text, StandardCharsets.ISO_8859_1), true);
    }

    @Property(tries = 300)
    void anyBytesSurviveHoweverTheyAreCut(
            @ForAll @Size(max = 3_000) byte[] bytes,
            @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 50) Integer> pieces)
            throws IOException {
        Taken all = new Taken(Long.MAX_VALUE, Integer.MAX_VALUE);
        assertEquals(whole(bytes), decode(ContentEncoding.GZIP, gzip(bytes), pieces, all));
        for (byte[] body : List.of(Zstd.compress(bytes), zstdStream(bytes, 3, true))) {
            all = new Taken(Long.MAX_VALUE, Integer.MAX_VALUE);
            assertEquals(whole(bytes), decode(ContentEncoding.ZSTD, body, pieces, all));
        }
    }

    /** A damaged body ends in a refusal or in bytes, in the same way however it is cut, and never in an exception. */
    @Property(tries = 2_000)
    void aDamagedBodyComesToTheSameHoweverItIsCut(
            @ForAll int place, @ForAll byte value, @ForAll boolean cut, @ForAll @IntRange(min = 1, max = 40) int piece)
            throws IOException {
        for (ContentEncoding encoding : List.of(ContentEncoding.GZIP, ContentEncoding.ZSTD)) {
            byte[] body = encoding == ContentEncoding.GZIP ? gzip(TEXT) : zstdStream(TEXT, 3, true);
            int at = Math.floorMod(place, body.length);
            body[at] = value;
            if (cut) {
                body = Arrays.copyOf(body, at);
            }
            Taken room = new Taken(1 << 20, 1 << 20);
            Decoded whole = decode(encoding, body, List.of(100_000), room);
            Decoded pieces = decode(encoding, body, List.of(piece), new Taken(1 << 20, 1 << 20));

            assertEquals(whole.progress(), pieces.progress());
            assertEquals(whole.complete(), pieces.complete());
            if (whole.complete()) {
                assertEquals(whole.text(), pieces.text());
            }
        }
    }

    @Property(tries = 500)
    void noBytesAreTakenForACodingThatTheyAreNot(@ForAll @Size(max = 200) byte[] bytes) {
        assertFalse(decode(ContentEncoding.GZIP, bytes).complete());
        assertFalse(decode(ContentEncoding.ZSTD, bytes).complete());
    }

    @Example
    void readsGzipWithAllItsOptionalFieldsAndSeveralMembers() throws IOException {
        byte[] plain = gzip(TEXT);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {0x1F, (byte) 0x8B, 8, 0b1_1110, 1, 2, 3, 4, 0, 3});
        body.writeBytes(new byte[] {3, 0, 'x', 'y', 'z'});
        body.writeBytes("name\0comment\0".getBytes(StandardCharsets.US_ASCII));
        CRC32 crc = new CRC32();
        crc.update(body.toByteArray());
        int headerEnd = body.size();
        body.write((int) crc.getValue());
        body.write((int) crc.getValue() >> 8);
        body.write(plain, 10, plain.length - 10);
        body.writeBytes(plain);
        body.writeBytes(gzip(new byte[0]));

        String twice = new String(TEXT, StandardCharsets.ISO_8859_1).repeat(2);
        for (int piece : new int[] {1, 3, 100_000}) {
            Taken taken = new Taken(Long.MAX_VALUE, Integer.MAX_VALUE);
            assertEquals(
                    new Decoded(Progress.MORE, twice, true),
                    decode(ContentEncoding.GZIP, body.toByteArray(), List.of(piece), taken));
        }
        byte[] wrongHeaderCrc = body.toByteArray();
        wrongHeaderCrc[headerEnd]++;
        assertEquals(
                Progress.CORRUPT, decode(ContentEncoding.GZIP, wrongHeaderCrc).progress());
    }

    @Example
    void checksWhatGzipSaysAboutItself() throws IOException {
        byte[] good = gzip(TEXT);
        for (int place : new int[] {0, 1, 2, good.length - 8, good.length - 5, good.length - 4, good.length - 1}) {
            byte[] bad = good.clone();
            bad[place]++;
            assertEquals(Progress.CORRUPT, decode(ContentEncoding.GZIP, bad).progress(), "byte " + place);
        }
        byte[] reserved = good.clone();
        reserved[3] = 0x20;
        assertEquals(Progress.CORRUPT, decode(ContentEncoding.GZIP, reserved).progress());
        byte[] garbage = Arrays.copyOf(good, good.length + 3);
        assertEquals(Progress.CORRUPT, decode(ContentEncoding.GZIP, garbage).progress());
        for (int length = 0; length < good.length; length++) {
            assertFalse(
                    decode(ContentEncoding.GZIP, Arrays.copyOf(good, length)).complete());
        }
    }

    @Example
    void readsSeveralZstdFramesAndSkipsWhatIsToBeSkipped() throws IOException {
        byte[] skippable = {0x53, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0};
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(skippable);
        body.writeBytes(Zstd.compress(TEXT));
        body.writeBytes(Zstd.compress(new byte[0]));
        body.writeBytes(skippable);
        body.writeBytes(zstdStream(TEXT, 19, true));

        String twice = new String(TEXT, StandardCharsets.ISO_8859_1).repeat(2);
        for (int piece : new int[] {1, 3, 100_000}) {
            Taken taken = new Taken(Long.MAX_VALUE, Integer.MAX_VALUE);
            assertEquals(
                    new Decoded(Progress.MORE, twice, true),
                    decode(ContentEncoding.ZSTD, body.toByteArray(), List.of(piece), taken));
        }
        assertFalse(decode(ContentEncoding.ZSTD, skippable).complete());
    }

    @Example
    void checksWhatZstdSaysAboutItself() throws IOException {
        byte[] good = zstdStream(TEXT, 3, true);
        byte[] wrongChecksum = good.clone();
        wrongChecksum[good.length - 1]++;
        assertEquals(
                Progress.CORRUPT, decode(ContentEncoding.ZSTD, wrongChecksum).progress());
        byte[] garbage = Arrays.copyOf(good, good.length + 4);
        assertEquals(Progress.CORRUPT, decode(ContentEncoding.ZSTD, garbage).progress());
        for (int length = 0; length < good.length; length++) {
            assertFalse(
                    decode(ContentEncoding.ZSTD, Arrays.copyOf(good, length)).complete());
        }
    }

    @Example
    void asksForAZstdWindowBeforeItTakesItAndRefusesOneOfMoreThan8MiB() throws IOException {
        byte[] large = new byte[100_000];
        byte[] window8 = zstdStream(large, 23, false);
        Taken taken = new Taken(Long.MAX_VALUE, Integer.MAX_VALUE);
        assertTrue(decode(ContentEncoding.ZSTD, window8, List.of(1_000), taken).complete());
        assertTrue(taken.asked > 8 << 20);

        Taken narrow = new Taken(1 << 20, Integer.MAX_VALUE);
        assertEquals(
                Progress.STOPPED,
                decode(ContentEncoding.ZSTD, window8, List.of(1_000), narrow).progress());
        assertEquals(0, narrow.bytes.size());

        assertEquals(
                Progress.TOO_LARGE,
                decode(ContentEncoding.ZSTD, zstdStream(large, 24, false)).progress());
    }

    @Example
    void stopsABombAtTheLimitWithinOneStep() throws IOException {
        byte[] zeros = new byte[50_000_000];
        for (ContentEncoding encoding : List.of(ContentEncoding.GZIP, ContentEncoding.ZSTD)) {
            byte[] bomb = encoding == ContentEncoding.GZIP ? gzip(zeros) : zstdStream(zeros, 20, false);
            Taken taken = new Taken(Long.MAX_VALUE, 1_000_000);

            assertEquals(
                    Progress.STOPPED,
                    decode(encoding, bomb, List.of(1_000_000), taken).progress());
            assertTrue(taken.bytes.size() <= 1_000_000 + 64 * 1024);
        }
    }

    @Example
    void knowsCodingsByTheirNames() {
        assertEquals(
                ContentEncoding.GZIP, ContentEncoding.of(List.of(" X-GZip ")).orElseThrow());
        assertEquals(ContentEncoding.ZSTD, ContentEncoding.of(List.of("zstd")).orElseThrow());
        assertEquals(ContentEncoding.IDENTITY, ContentEncoding.of(List.of()).orElseThrow());
        for (List<String> unknown :
                List.of(List.of("br"), List.of("gzip, gzip"), List.of("gzip", "gzip"), List.of(""))) {
            assertTrue(ContentEncoding.of(unknown).isEmpty(), unknown.toString());
        }
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** As a stream whose length is not known beforehand; {@code windowLog} beyond 19 asks for long distances. */
    private static byte[] zstdStream(byte[] bytes, int windowLog, boolean checksum) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(out)) {
            zstd.setChecksum(checksum);
            if (windowLog >= 20) {
                zstd.setLong(windowLog);
            }
            zstd.write(bytes);
        }
        return out.toByteArray();
    }
}
