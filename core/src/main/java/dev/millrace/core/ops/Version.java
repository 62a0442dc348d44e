package dev.millrace.core.ops;

import java.util.Optional;

/** The version of the software, from the manifest of the jar that it runs from. */
public final class Version {

    private Version() {}

    /** Such as {@code 0.1.0}; {@code development} where the classes do not come from a jar. */
    public static String current() {
        return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
