package dev.millrace.core.config;

/** Where a login is kept, and may have been changed since it was read. */
@FunctionalInterface
public interface LoginSource {

    /** Reads it again. It may block for as long as the stores that keep its parts are waited for ({@link ReferenceStore}). */
    Answer read();

    /** What became of it. */
    sealed interface Answer {}

    /** What stands there now. */
    record Current(DatabaseLogin login) implements Answer {}

    /** It cannot be read now; the reason never holds a part of it. */
    record Unreadable(String reason) implements Answer {}
}
