package dev.millrace.processor.anomaly.rule;

import dev.millrace.core.reading.Names;
import java.util.Optional;

/**
 * A pattern of names: {@code *} stands for any characters, also none, {@code ?} for one. Matching takes at most the product of the
 * two lengths, whatever the pattern.
 */
public final class Glob {

    /** Matches all. */
    public static final Glob ALL = new Glob("*");

    private final String pattern;
    private final boolean literal;

    private Glob(String pattern) {
        this.pattern = pattern;
        literal = pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0;
    }

    /** The pattern of names of metrics; nothing where no name could match it. */
    public static Optional<Glob> ofMetrics(String pattern) {
        return made(pattern, Names.isMeasurement(named(pattern)));
    }

    /** The pattern of ids of sensors; nothing where no id could match it. */
    public static Optional<Glob> ofSensors(String pattern) {
        return made(pattern, Names.isSensorId(named(pattern)));
    }

    private static Optional<Glob> made(String pattern, boolean valid) {
        return valid ? Optional.of(new Glob(pattern)) : Optional.empty();
    }

    /** A name that has the pattern's characters; a wildcard is as good as a letter. */
    private static String named(String pattern) {
        return pattern.replace('*', 'a').replace('?', 'a');
    }

    public boolean isLiteral() {
        return literal;
    }

    public boolean matches(String name) {
        if (literal) {
            return pattern.equals(name);
        }
        int p = 0;
        int n = 0;
        int star = -1;
        int starAt = 0;
        while (n < name.length()) {
            if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
                p++;
                n++;
            } else if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                starAt = n;
            } else if (star >= 0) {
                // the last star takes one more; an earlier one need not: what is between them has matched as early as
                // it can
                p = star + 1;
                n = ++starAt;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Glob glob && pattern.equals(glob.pattern);
    }

    @Override
    public int hashCode() {
        return pattern.hashCode();
    }

    @Override
    public String toString() {
        return pattern;
    }
}
