package dev.millrace.processor.store;

import java.util.Optional;

/** The rules by version. Its methods block the calling virtual thread; one thread at a time calls them. */
public interface RuleStore {

    /** The rules of a version, as they were written. */
    record Stored(int version, String text) {}

    /**
     * Stores the rules of a version, if nobody has stored that version before.
     *
     * @return the text that is stored of that version
     */
    Loaded<String> offer(Stored rules);

    /** The rules of the highest version. */
    Loaded<Optional<Stored>> highest();

    /** Gives back what it holds. It may be used again. */
    void close();
}
