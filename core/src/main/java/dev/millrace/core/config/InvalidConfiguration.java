package dev.millrace.core.config;

import java.util.List;

/** The settings are wrong: every problem, one a line, each beginning with its variable's name. Values are never told. */
public final class InvalidConfiguration extends Exception {

    /** The exit code of a process with a wrong configuration, {@code EX_CONFIG} of BSD's sysexits.h. */
    public static final int EXIT_CODE = 78;

    private static final long serialVersionUID = 1L;

    public InvalidConfiguration(List<String> problems) {
        super("The configuration has " + problems.size() + (problems.size() == 1 ? " problem:" : " problems:") + "\n  "
                + String.join("\n  ", problems));
    }
}
