package dev.millrace.processor.anomaly;

import java.util.Locale;
import java.util.Optional;

/** How bad an anomaly is, from the least to the most. */
public enum Severity {
    INFO,
    WARNING,
    CRITICAL;

    /** The severity as rule files and the database spell it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The severity that a text names; nothing where it names none. */
    public static Optional<Severity> parse(String text) {
        for (Severity severity : values()) {
            if (severity.text().equals(text)) {
                return Optional.of(severity);
            }
        }
        return Optional.empty();
    }
}
