package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.ContentId;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/**
 * Something worth telling of one anomaly.
 *
 * @param revision of the anomaly, from 1; a later thing has a higher one
 * @param condition which of the rule's conditions it was, as rule files spell it
 * @param message the rule's words for people
 * @param at when the anomaly opened, or closed, microseconds since 1970
 * @param value the number that opened it; 0 where it was none
 * @param text the state that opened it, where it was one
 * @param mostPerHour how many messages of the rule one destination gets in an hour; 0: it is only recorded
 * @param arrivedAt when the reading arrived that did it, microseconds since 1970
 */
public record Alert(
        UUID anomalyId,
        int revision,
        AlertEvent event,
        String rule,
        String condition,
        Severity severity,
        String message,
        SeriesId series,
        long at,
        double value,
        Optional<String> text,
        int mostPerHour,
        long arrivedAt) {

    /** Apart from whatever else is hashed to an id. */
    private static final byte[] DOMAIN = {'a', 'l', 'e', 'r', 't', 0};

    public Alert {
        if (revision < 1) {
            throw new IllegalArgumentException("revisions count from 1");
        }
        if (mostPerHour < 0) {
            throw new IllegalArgumentException("there are no fewer messages than none");
        }
    }

    /**
     * The id, which derives from anomaly and revision alone: who finds it again, after a failed commit say, gives it the same. The
     * first 16 bytes of a SHA-256 in the form of a UUID of version 8 (RFC 9562, section 5.8).
     */
    public UUID id() {
        return idOf(anomalyId, revision);
    }

    /** The id of what is worth telling of a revision of an anomaly. */
    public static UUID idOf(UUID anomalyId, int revision) {
        MessageDigest sha256 = ContentId.digest();
        sha256.update(DOMAIN);
        sha256.update(ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES)
                .putLong(anomalyId.getMostSignificantBits())
                .putLong(anomalyId.getLeastSignificantBits())
                .putInt(revision)
                .flip());
        return ContentId.of(sha256);
    }
}
