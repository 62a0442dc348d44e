package dev.millrace.processor.anomaly;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Ids that derive from what they stand for: whoever sees the same content gives it the same id. */
public final class ContentId {

    private ContentId() {}

    /** A SHA-256 that nothing was put into yet. */
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            // every Java platform must have it
            throw new IllegalStateException(e);
        }
    }

    /** The first 16 bytes of what was put into a digest, in the form of a UUID of version 8 (RFC 9562, section 5.8). */
    public static UUID of(MessageDigest content) {
        ByteBuffer digest = ByteBuffer.wrap(content.digest());
        long high = (digest.getLong() & ~0xF000L) | 0x8000L;
        long low = (digest.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }
}
