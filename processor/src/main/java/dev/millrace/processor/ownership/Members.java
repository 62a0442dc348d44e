package dev.millrace.processor.ownership;

import java.util.Optional;

/** Knows the processes that read the stream together. Thread-safe. */
public interface Members {

    /** Who this process is; never the same again. */
    String self();

    /** What was last known; empty until it is known whether there are others. */
    Optional<Membership> current();

    /** What is known may be out of date: asks to read it anew. */
    void refresh();
}
