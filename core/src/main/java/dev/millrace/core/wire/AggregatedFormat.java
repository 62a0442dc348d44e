package dev.millrace.core.wire;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The aggregated record format of the Kinesis Producer Library (awslabs/amazon-kinesis-producer, "KPL Aggregated Record
 * Format"): four magic bytes, a protocol buffers message, and the message's MD5.
 *
 * <pre>
 * message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2;
 *                            repeated Record records = 3; }
 * message Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2;
 *                  required bytes data = 3; repeated Tag tags = 4; }
 * </pre>
 *
 * The few fields are written and read by hand: a generated parser would copy every reading once more.
 */
final class AggregatedFormat {

    static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    static final int DIGEST_BYTES = 16;
    static final int OVERHEAD_BYTES = MAGIC.length + DIGEST_BYTES;

    static final int PARTITION_KEY_TABLE = 1;
    static final int EXPLICIT_HASH_KEY_TABLE = 2;
    static final int RECORDS = 3;

    static final int PARTITION_KEY_INDEX = 1;
    static final int EXPLICIT_HASH_KEY_INDEX = 2;
    static final int DATA = 3;

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int FIXED32 = 5;

    private AggregatedFormat() {}

    /** The user records of an aggregated record; none where the data are not one. */
    static List<UserRecord> decode(byte[] data) {
        int end = data.length - DIGEST_BYTES;
        if (end < MAGIC.length || !Arrays.equals(data, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return List.of();
        }
        MessageDigest md5 = HashKey.newMd5();
        md5.update(data, MAGIC.length, end - MAGIC.length);
        if (!Arrays.equals(md5.digest(), 0, DIGEST_BYTES, data, end, data.length)) {
            return List.of();
        }
        try {
            return message(new ProtobufReader(data, MAGIC.length, end));
        } catch (ProtobufReader.BrokenMessage e) {
            return List.of();
        }
    }

    private static List<UserRecord> message(ProtobufReader in) throws ProtobufReader.BrokenMessage {
        byte[] data = in.source();
        List<String> keys = new ArrayList<>();
        List<HashKey> keyHashes = new ArrayList<>();
        List<HashKey> explicitHashes = new ArrayList<>();
        List<UserRecord> records = new ArrayList<>();
        List<ProtobufReader> pending = new ArrayList<>();
        while (in.hasNext()) {
            switch (in.nextField()) {
                case (PARTITION_KEY_TABLE << 3) | LENGTH_DELIMITED -> {
                    ProtobufReader key = in.nested();
                    keys.add(new String(data, key.position(), key.remaining(), StandardCharsets.UTF_8));
                    keyHashes.add(HashKey.ofPartitionKey(keys.getLast()));
                }
                case (EXPLICIT_HASH_KEY_TABLE << 3) | LENGTH_DELIMITED -> {
                    ProtobufReader key = in.nested();
                    explicitHashes.add(explicitHashKey(data, key));
                }
                // protocol buffers allow a table to follow the records that point into it
                case (RECORDS << 3) | LENGTH_DELIMITED -> pending.add(in.nested());
                default -> in.skipValue();
            }
        }
        for (ProtobufReader record : pending) {
            records.add(record(record, keys, keyHashes, explicitHashes, records.size()));
        }
        return records;
    }

    private static HashKey explicitHashKey(byte[] data, ProtobufReader key) throws ProtobufReader.BrokenMessage {
        try {
            return HashKey.parse(new String(data, key.position(), key.remaining(), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new ProtobufReader.BrokenMessage();
        }
    }

    private static UserRecord record(
            ProtobufReader in,
            List<String> keys,
            List<HashKey> keyHashes,
            List<HashKey> explicitHashes,
            int subSequenceNumber)
            throws ProtobufReader.BrokenMessage {
        int key = -1;
        int explicit = -1;
        int offset = -1;
        int length = 0;
        while (in.hasNext()) {
            switch (in.nextField()) {
                case (PARTITION_KEY_INDEX << 3) | VARINT -> key = in.index(keys.size());
                case (EXPLICIT_HASH_KEY_INDEX << 3) | VARINT -> explicit = in.index(explicitHashes.size());
                case (DATA << 3) | LENGTH_DELIMITED -> {
                    ProtobufReader bytes = in.nested();
                    offset = bytes.position();
                    length = bytes.remaining();
                }
                default -> in.skipValue();
            }
        }
        if (key < 0 || offset < 0) {
            throw new ProtobufReader.BrokenMessage();
        }
        HashKey hashKey = explicit < 0 ? keyHashes.get(key) : explicitHashes.get(explicit);
        return new UserRecord(keys.get(key), hashKey, subSequenceNumber, in.source(), offset, length);
    }
}
