package dev.millrace.processor.ownership;

import java.util.Optional;

/** Knows the processes that read the stream together. Thread-safe. */
public interface Members {

    /** Who this process is; never the same again. */
    String self();

    /** What was last known; empty until it is known whether there are others. */
    Optional<Membership> current();

    /** This process is about to stop, and takes no more shards from now on. */
    void drain();

    /** Whether the others have been told so. */
    boolean isDrainTold();

    /** What is known may be out of date: asks to read it anew. */
    void refresh();
}
