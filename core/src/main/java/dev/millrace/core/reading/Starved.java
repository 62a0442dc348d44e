package dev.millrace.core.reading;

import java.io.IOException;

/** Tells through the parser that there are no more bytes for now; no failure, so it has no stack trace, which would cost more than a reading. */
final class Starved extends IOException {

    private static final long serialVersionUID = 1L;

    Starved() {
        super("no more bytes for now");
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
