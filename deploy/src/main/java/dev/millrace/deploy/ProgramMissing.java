package dev.millrace.deploy;

import java.io.IOException;

/** A check needs a program that the machine does not have. The message says which, and how to get it. */
public final class ProgramMissing extends IOException {

    /** The exit code of a run in which something could not be checked, {@code EX_UNAVAILABLE} of BSD's sysexits.h. */
    public static final int EXIT_CODE = 69;

    private static final long serialVersionUID = 1L;

    public ProgramMissing(String message) {
        super(message);
    }
}
