package dev.millrace.deploy;

import java.nio.file.Path;

/** The project's own tree, which tests look at or copy. */
public final class Project {

    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Project() {}
}
