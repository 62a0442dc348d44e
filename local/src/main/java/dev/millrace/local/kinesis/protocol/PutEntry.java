package dev.millrace.local.kinesis.protocol;

import dev.millrace.core.wire.HashKey;

/** A record that a producer wants stored: one entry of PutRecords, or all of PutRecord. */
public final class PutEntry {

    private final String partitionKey;
    private final HashKey hashKey;
    private final byte[] data;
    private final int size;

    /**
     * @param hashKey decides the shard: the explicit hash key if there is one, else the MD5 of the partition key
     * @param data not copied; nobody may change it afterwards
     */
    PutEntry(String partitionKey, HashKey hashKey, byte[] data) {
        this.partitionKey = partitionKey;
        this.hashKey = hashKey;
        this.data = data;
        this.size = data.length + utf8Length(partitionKey);
    }

    public String partitionKey() {
        return partitionKey;
    }

    public HashKey hashKey() {
        return hashKey;
    }

    /** The content itself, not a copy. */
    public byte[] data() {
        return data;
    }

    /** What counts against the limits: the bytes of the data and of the partition key in UTF-8. */
    public int size() {
        return size;
    }

    private static int utf8Length(String text) {
        int length = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x800 && !Character.isSurrogate(c)) {
                length += 2;
            } else if (c >= 0x80) {
                // two bytes for U+0080 to U+07FF; four for a pair of surrogates, so two for each
                length++;
            }
        }
        return length;
    }
}
