package dev.millrace.processor.alert;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A message as receivers get it, in {@code docs/alerts.md}. The same message is always the same bytes, at most some 130 KB: what SNS takes
 * is twice that.
 */
final class AlertJson {

    /** Of a rule's words: what is longer is no message but a manual. */
    static final int MOST_CHARACTERS = 1_000;

    private AlertJson() {}

    static Buffer encode(AlertMessage message, String environment) {
        JsonArray anomalies = new JsonArray();
        message.listed().forEach(item -> anomalies.add(encode(item)));
        return new JsonObject()
                .put("deliveryId", message.deliveryId().toString())
                .put("event", message.event().text())
                .put("rule", message.rule())
                .put("condition", message.condition())
                .put("severity", message.severity().text())
                .put("message", cut(message.message()))
                .put("count", message.count())
                .put("openedAt", time(message.openedAt()))
                .put("environment", environment)
                .put("anomalies", anomalies)
                .put("truncated", message.isTruncated())
                .toBuffer();
    }

    private static JsonObject encode(AlertMessage.Item item) {
        JsonObject json = new JsonObject()
                .put("id", item.anomalyId().toString())
                .put("revision", item.revision())
                .put("condition", item.condition())
                .put("sensorId", item.series().sensorId())
                .put("metric", item.series().metric());
        item.state().ifPresentOrElse(state -> json.put("state", state), () -> json.put("value", item.value()));
        return json.put("at", time(item.at()));
    }

    private static String time(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    }

    /** Without the half of a pair at its end. */
    private static String cut(String text) {
        if (text.length() <= MOST_CHARACTERS) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(MOST_CHARACTERS - 1)) ? MOST_CHARACTERS - 1 : MOST_CHARACTERS;
        return text.substring(0, end);
    }
}
