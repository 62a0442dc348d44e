package dev.millrace.processor.anomaly.rule;

import java.util.Locale;

/** What a condition of a rule looks at. */
public enum ConditionKind {
    ABOVE,
    BELOW,
    RATE,
    FLAT,
    SILENT,
    DEVIATES,
    UNUSUAL,
    STATE;

    /** The kind as the database and metrics spell it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
