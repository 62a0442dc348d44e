package dev.millrace.processor.alert;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Messages of tests. */
final class Messages {

    static final long NOON = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli() * 1_000;

    /** That of docs/alerts.md. */
    static final AlertMessage SAMPLE = new AlertMessage(
            UUID.fromString("6f1d1c0e-6c0b-4d0e-9f57-0a3f6a3c7b11"),
            AlertEvent.OPENED,
            "temperature-high",
            "above",
            Severity.WARNING,
            "Grease ages fast above 90 °C.",
            2,
            NOON,
            List.of(
                    new AlertMessage.Item(
                            UUID.fromString("8a2f5a52-63a1-8e57-b6a9-1de0c1d4b9a0"),
                            1,
                            "above",
                            new SeriesId("sensor-001", "temperature"),
                            91.5,
                            Optional.empty(),
                            NOON),
                    new AlertMessage.Item(
                            UUID.fromString("c07c9d7e-0b65-8d34-8a41-7f6a2f0f1c22"),
                            1,
                            "above",
                            new SeriesId("sensor-002", "status"),
                            0,
                            Optional.of("FAULT"),
                            NOON + 1_500_000)));

    private Messages() {}

    /** The largest that there can be. */
    static AlertMessage largest() {
        AlertMessage.Item item = new AlertMessage.Item(
                UUID.fromString("8a2f5a52-63a1-8e57-b6a9-1de0c1d4b9a0"),
                Integer.MAX_VALUE,
                "deviates",
                new SeriesId("s".repeat(128), "m".repeat(64)),
                0,
                Optional.of("\u0001".repeat(256)),
                NOON + 1);
        return new AlertMessage(
                UUID.fromString("6f1d1c0e-6c0b-4d0e-9f57-0a3f6a3c7b11"),
                AlertEvent.RESOLVED,
                "r".repeat(64),
                "deviates",
                Severity.CRITICAL,
                "\u0001".repeat(100_000),
                Integer.MAX_VALUE,
                NOON,
                Collections.nCopies(AlertMessage.MOST_LISTED, item));
    }
}
