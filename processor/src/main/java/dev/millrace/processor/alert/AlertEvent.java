package dev.millrace.processor.alert;

import java.util.Locale;

/** What happened to an anomaly. */
public enum AlertEvent {
    /** It opened, or goes on and is told again. */
    OPENED,
    /** It closed. */
    RESOLVED;

    /** The event as messages and the database spell it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The event that a text of the database names. */
    public static AlertEvent of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
