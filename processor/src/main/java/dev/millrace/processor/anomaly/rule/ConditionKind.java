package dev.millrace.processor.anomaly.rule;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a condition looks at. */
public enum ConditionKind {
    ABOVE(1),
    BELOW(2),
    RATE(3),
    FLAT(4),
    SILENT(5),
    DEVIATES(6),
    UNUSUAL(7),
    STATE(8);

    private static final ConditionKind[] ALL = values();

    private final byte code;

    ConditionKind(int code) {
        this.code = (byte) code;
    }

    /** The kind in stored states of series; never given to another. */
    public byte code() {
        return code;
    }

    /** The kind of a code; nothing where there is none. */
    public static Optional<ConditionKind> of(byte code) {
        return Arrays.stream(ALL).filter(kind -> kind.code == code).findFirst();
    }

    /** The kind as the database and alerts spell it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
