package dev.millrace.processor.anomaly.detect;

import dev.millrace.processor.anomaly.ContentId;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/**
 * A condition of a rule came to hold for a series: what of it is fixed with its opening. Times are microseconds since 1970.
 *
 * @param id derives from rule, condition, series and opening: who sees the same stream gives the same anomaly the same id
 * @param ruleVersion of the rules that opened it
 * @param message what to tell people
 * @param mostPerHour the most messages an hour about its rule; 0: none
 * @param openedAt the timestamp of the reading that showed it; of a silence, when it had lasted for as long as the rule says
 * @param arrivedAt when that reading reached the stream; of a silence, the same as {@code openedAt}
 * @param value that reading's number; 0 of a silence and of a state
 * @param text the state; empty of every other condition
 */
public record Anomaly(
        UUID id,
        SeriesId series,
        String rule,
        int ruleVersion,
        ConditionKind condition,
        Severity severity,
        String message,
        int mostPerHour,
        long openedAt,
        long arrivedAt,
        double value,
        Optional<String> text) {

    /**
     * The id of an anomaly. The first 16 bytes of a SHA-256 in the form of a UUID of version 8 (RFC 9562, section 5.8); texts are
     * hashed with their lengths, so that no two anomalies run into the same bytes.
     */
    static UUID idOf(String rule, ConditionKind condition, SeriesId series, long openedAt) {
        MessageDigest sha256 = ContentId.digest();
        update(sha256, rule);
        update(sha256, condition.text());
        update(sha256, series.sensorId());
        update(sha256, series.metric());
        sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(openedAt).flip());
        return ContentId.of(sha256);
    }

    private static void update(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
