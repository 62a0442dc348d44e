package dev.millrace.processor.task;

/** Time as a loop on a virtual thread sees it, and how it learns that it is to stop. */
public interface Waits {

    /** A monotonic clock, nanoseconds. */
    long nanos();

    /** Waits so long, or until a stop is requested. */
    void pause(long millis);

    /** Whether the loop is to stop; once true, always. */
    boolean stopRequested();
}
