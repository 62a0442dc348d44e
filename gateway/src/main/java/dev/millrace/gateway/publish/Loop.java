package dev.millrace.gateway.publish;

import java.util.concurrent.Executor;

/**
 * The one thread that the lanes live on, and its clock. {@link #run} and {@link #caller} may be called on any thread,
 * {@link #after} on the loop only.
 */
interface Loop {

    /** Runs a task on the loop, never at once; tasks of one thread run in their order. */
    void run(Runnable task);

    /** Runs a task on the loop after a time in milliseconds, at least 1. */
    void after(long millis, Runnable task);

    /** A monotonic clock. */
    long nanoTime();

    /** Where the thread that calls this wants to be told. */
    Executor caller();
}
