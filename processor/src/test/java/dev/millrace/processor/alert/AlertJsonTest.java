package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AlertJsonTest {

    private static String fenced(String language) throws Exception {
        String page = Files.readString(Path.of("..", "docs", "alerts.md"));
        int start = page.indexOf("```" + language + "\n") + language.length() + 4;
        return page.substring(start, page.indexOf("```", start));
    }

    @Test
    void aMessageIsWhatTheDocumentationShows() throws Exception {
        assertEquals(
                new JsonObject(fenced("json")),
                AlertJson.encode(Messages.SAMPLE, "prod").toJsonObject());
    }

    @Test
    void theSameMessageIsTheSameBytes() {
        assertEquals(AlertJson.encode(Messages.SAMPLE, "prod"), AlertJson.encode(Messages.SAMPLE, "prod"));
    }

    @Test
    void theLargestMessageFitsIntoWhatSnsTakes() {
        Buffer largest = AlertJson.encode(Messages.largest(), "e".repeat(100));

        assertTrue(largest.length() < 256 * 1024 - 1024, () -> largest.length() + " bytes");
        JsonObject json = largest.toJsonObject();
        assertEquals(true, json.getBoolean("truncated"));
        assertEquals(AlertMessage.MOST_LISTED, json.getJsonArray("anomalies").size());
    }

    @Test
    void aLongTextIsNotCutWithinACharacter() {
        AlertMessage sample = Messages.SAMPLE;
        AlertMessage message = new AlertMessage(
                sample.deliveryId(),
                sample.event(),
                sample.rule(),
                sample.condition(),
                sample.severity(),
                "x".repeat(999) + "\uD83D\uDD25 and more",
                sample.count(),
                sample.openedAt(),
                sample.listed());

        assertEquals(
                "x".repeat(999),
                AlertJson.encode(message, "prod").toJsonObject().getString("message"));
    }

    @Test
    void theDocumentedFileOfWebhooksIsOneButForItsSecretsFile() throws Exception {
        String file = fenced("yaml").replaceAll("file:/etc/millrace/hook-secret", "a-secret-of-enough-characters");

        WebhookFile.Valid valid = (WebhookFile.Valid) WebhookFile.parse(file, text -> text);

        assertEquals("operations", valid.webhooks().getFirst().route().destination());
        assertEquals(
                "a-secret-of-enough-characters", valid.webhooks().getFirst().secret());
    }
}
