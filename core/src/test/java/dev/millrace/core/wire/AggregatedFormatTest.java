package dev.millrace.core.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AggregatedFormatTest {

    /**
     * Keys "a" and "b"; data "x\n" of a, "yy\n" of b, "z\n" of a. Written by hand, field by field, from the published
     * format; the digest by md5sum.
     */
    private static final byte[] GOLDEN = hex("""
            f3899ac2
            0a 01 61
            0a 01 62
            1a 06 08 00 1a 02 78 0a
            1a 07 08 01 1a 03 79 79 0a
            1a 06 08 00 1a 02 7a 0a
            1754400b6fbebcac0c5bb6fb6db6e0c8""");

    /** Key "a", explicit hash key "7", data "x\n", and a tag, which we pass over. */
    private static final byte[] GOLDEN_EXPLICIT = hex("""
            f3899ac2
            0a 01 61
            12 01 37
            1a 10 08 00 10 00 1a 02 78 0a 22 06 0a 01 74 12 01 76
            f06d4b4d78f18822b70c49428a2b99ba""");

    @Test
    void writesThePublishedFormat() {
        AggregateBuilder builder = new AggregateBuilder();
        builder.add("a", "x\n".getBytes(UTF_8));
        builder.add("b", "yy\n".getBytes(UTF_8));
        builder.add("a", "z\n".getBytes(UTF_8));

        assertArrayEquals(GOLDEN, builder.build());
        assertEquals(GOLDEN.length, builder.size());
        assertEquals(3, builder.count());
    }

    @Test
    void readsThePublishedFormat() {
        List<UserRecord> records = aggregate(GOLDEN);

        assertEquals(
                List.of("a", "b", "a"),
                records.stream().map(UserRecord::partitionKey).toList());
        assertEquals(
                List.of("x\n", "yy\n", "z\n"),
                records.stream().map(AggregatedFormatTest::text).toList());
        assertEquals(
                List.of(0L, 1L, 2L),
                records.stream().map(UserRecord::subSequenceNumber).toList());
        assertEquals(HashKey.ofPartitionKey("b"), records.get(1).hashKey());
    }

    @Test
    void readsExplicitHashKeysAndPassesOverWhatItDoesNotKnow() {
        UserRecord record = aggregate(GOLDEN_EXPLICIT).getFirst();

        assertEquals(HashKey.parse("7"), record.hashKey());
        assertEquals("x\n", text(record));
    }

    @Test
    void takesDataThatOnlyLookAggregatedAsOnePlainRecord() throws Exception {
        byte[] wrongDigest = GOLDEN.clone();
        wrongDigest[wrongDigest.length - 1]++;
        assertPlain(wrongDigest);
        assertPlain(withDigest("f3899ac2 0a 05 61"));
        assertPlain(withDigest("f3899ac2 1a 06 08 00 1a 02 78 0a"));
        assertPlain(withDigest("f3899ac2 0a 01 61 1a 02 08 00"));
        assertPlain(withDigest("f3899ac2 0a 01 61 0b"));
        assertPlain(withDigest("f3899ac2"));
        assertPlain("{}".getBytes(UTF_8));
        assertPlain(new byte[0]);
    }

    @Test
    void tellsWhetherEveryKeyBelongsToAShard() {
        StreamRecord.Aggregate aggregate =
                assertInstanceOf(StreamRecord.Aggregate.class, StreamRecord.decode("a", GOLDEN));
        HashKey a = HashKey.ofPartitionKey("a");
        HashKey b = HashKey.ofPartitionKey("b");
        HashKey low = a.compareTo(b) < 0 ? a : b;
        HashKey high = a.compareTo(b) < 0 ? b : a;

        assertTrue(aggregate.belongsTo(new HashKeyRange(low, high)));
        assertFalse(aggregate.belongsTo(new HashKeyRange(low, low)));
        assertFalse(aggregate.belongsTo(new HashKeyRange(high, HashKey.MAX)));
    }

    @Property
    void whatIsBuiltIsReadBack(
            @ForAll @Size(max = 50) List<byte[]> data, @ForAll @Size(min = 1, max = 5) List<String> keys) {
        AggregateBuilder builder = new AggregateBuilder(600);
        int added = 0;
        while (added < data.size() && builder.add(keys.get(added % keys.size()), data.get(added))) {
            added++;
        }
        byte[] record = builder.build();
        assertEquals(builder.size(), record.length);
        assertTrue(added <= 1 || record.length <= 600);
        if (added == 0) {
            return;
        }
        List<UserRecord> records = aggregate(record);
        assertEquals(added, records.size());
        for (int i = 0; i < added; i++) {
            // a lone surrogate becomes a question mark in UTF-8, as it would in any partition key
            String key = new String(keys.get(i % keys.size()).getBytes(UTF_8), UTF_8);
            assertEquals(key, records.get(i).partitionKey());
            assertArrayEquals(data.get(i), records.get(i).data());
        }
    }

    @Property
    void noBytesBreakTheReader(@ForAll byte[] message) throws Exception {
        byte[] record = new byte[message.length + 20];
        System.arraycopy(AggregatedFormat.MAGIC, 0, record, 0, 4);
        System.arraycopy(message, 0, record, 4, message.length);
        byte[] digest = MessageDigest.getInstance("MD5").digest(message);
        System.arraycopy(digest, 0, record, 4 + message.length, 16);

        StreamRecord.decode("a", record);
    }

    private static void assertPlain(byte[] data) {
        StreamRecord.Plain plain = assertInstanceOf(StreamRecord.Plain.class, StreamRecord.decode("k", data));
        assertEquals("k", plain.record().partitionKey());
        assertArrayEquals(data, plain.record().data());
    }

    private static List<UserRecord> aggregate(byte[] data) {
        return assertInstanceOf(StreamRecord.Aggregate.class, StreamRecord.decode("outer", data))
                .records();
    }

    private static String text(UserRecord record) {
        return new String(record.data(), UTF_8);
    }

    private static byte[] withDigest(String hex) throws Exception {
        byte[] start = hex(hex);
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(start, 4, start.length - 4);
        byte[] record = java.util.Arrays.copyOf(start, start.length + 16);
        System.arraycopy(md5.digest(), 0, record, start.length, 16);
        return record;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }
}
