package dev.millrace.processor.anomaly.rule;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Names, which cost a hash however many they are, and patterns of names. */
public final class Globs {

    public static final Globs ALL = new Globs(List.of(Glob.ALL));

    public static final Globs NONE = new Globs(List.of());

    private final Set<String> names;
    private final List<Glob> patterns;

    public Globs(List<Glob> globs) {
        names = globs.stream().filter(Glob::isLiteral).map(Glob::toString).collect(Collectors.toUnmodifiableSet());
        patterns = globs.stream().filter(glob -> !glob.isLiteral()).toList();
    }

    public boolean include(String name) {
        if (names.contains(name)) {
            return true;
        }
        for (Glob pattern : patterns) {
            if (pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Globs globs && names.equals(globs.names) && patterns.equals(globs.patterns);
    }

    @Override
    public int hashCode() {
        return 31 * names.hashCode() + patterns.hashCode();
    }

    @Override
    public String toString() {
        return names + " " + patterns;
    }
}
