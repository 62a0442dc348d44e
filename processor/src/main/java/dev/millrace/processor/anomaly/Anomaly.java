package dev.millrace.processor.anomaly;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A series went beyond a rule's limit.
 *
 * @param openedAt the timestamp of the reading that breached the rule, microseconds since 1970
 * @param closedAt the timestamp of the first later reading that did not; empty: none yet
 * @param value the value that breached it
 */
public record Anomaly(
        SeriesId series, String rule, Severity severity, long openedAt, OptionalLong closedAt, double value) {

    /**
     * The id, which derives from the content: who sees the same stream gives the same anomaly the same id. The first 16 bytes
     * of a SHA-256 in the form of a UUID of version 8 (RFC 9562, section 5.8); texts are hashed with their lengths, so that no
     * two anomalies run into the same bytes.
     */
    public UUID id() {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            // every Java platform must have it
            throw new IllegalStateException(e);
        }
        update(sha256, rule);
        update(sha256, series.sensorId());
        update(sha256, series.metric());
        sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(openedAt).flip());
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
        long high = (digest.getLong() & ~0xF000L) | 0x8000L;
        long low = (digest.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    private static void update(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
