package dev.millrace.core.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects user records into one aggregated record ({@link AggregatedFormat}) of a bounded size. Even one user record is
 * written as an aggregate, so that a reader sees one form. Not thread-safe.
 */
public final class AggregateBuilder {

    /** The largest aggregated record that we write: 128 KiB. */
    public static final int MAX_BYTES = 128 * 1024;

    private final int maxBytes;
    private final Map<String, Integer> keys = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private int size = AggregatedFormat.OVERHEAD_BYTES;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(int key, byte[] data) {}

    public AggregateBuilder() {
        this(MAX_BYTES);
    }

    /** A builder whose records have at most {@code maxBytes} bytes. */
    public AggregateBuilder(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Adds a user record, unless the aggregate would grow over its limit.
     *
     * @param data not copied, and not to be changed before {@link #build}
     * @return whether it was added; the first one always is
     */
    public boolean add(String partitionKey, byte[] data) {
        Integer known = keys.get(partitionKey);
        int key = known == null ? keys.size() : known;
        int growth = field(recordSize(key, data.length));
        if (known == null) {
            growth += field(utf8Length(partitionKey));
        }
        if (!entries.isEmpty() && size + growth > maxBytes) {
            return false;
        }
        keys.putIfAbsent(partitionKey, key);
        entries.add(new Entry(key, data));
        size += growth;
        return true;
    }

    /** How many user records were added. */
    public int count() {
        return entries.size();
    }

    /** The bytes that {@link #build} gives. */
    public int size() {
        return size;
    }

    /** The aggregated record. */
    public byte[] build() {
        var out = new ByteArrayOutputStream(size);
        out.writeBytes(AggregatedFormat.MAGIC);
        for (String key : keys.keySet()) {
            tag(out, AggregatedFormat.PARTITION_KEY_TABLE, AggregatedFormat.LENGTH_DELIMITED);
            bytes(out, key.getBytes(StandardCharsets.UTF_8));
        }
        for (Entry entry : entries) {
            tag(out, AggregatedFormat.RECORDS, AggregatedFormat.LENGTH_DELIMITED);
            varint(out, recordSize(entry.key, entry.data.length));
            tag(out, AggregatedFormat.PARTITION_KEY_INDEX, AggregatedFormat.VARINT);
            varint(out, entry.key);
            tag(out, AggregatedFormat.DATA, AggregatedFormat.LENGTH_DELIMITED);
            bytes(out, entry.data);
        }
        byte[] record = out.toByteArray();
        MessageDigest md5 = HashKey.newMd5();
        md5.update(record, AggregatedFormat.MAGIC.length, record.length - AggregatedFormat.MAGIC.length);
        out.writeBytes(md5.digest());
        return out.toByteArray();
    }

    private static int recordSize(int key, int dataLength) {
        return 1 + varintSize(key) + field(dataLength);
    }

    /** The bytes of a length-delimited field: its tag, its length, its value. */
    private static int field(int length) {
        return 1 + varintSize(length) + length;
    }

    private static int varintSize(int value) {
        int size = 1;
        for (int rest = value >>> 7; rest != 0; rest >>>= 7) {
            size++;
        }
        return size;
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void tag(ByteArrayOutputStream out, int field, int wireType) {
        out.write((field << 3) | wireType);
    }

    private static void bytes(ByteArrayOutputStream out, byte[] value) {
        varint(out, value.length);
        out.writeBytes(value);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7F) {
            out.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
