package dev.millrace.gateway.publish;

import java.util.concurrent.Executor;

/**
 * The one thread that the lanes live on, and its clock. Tasks come to it through one mailbox, in their order. {@link #after} may
 * be called on the loop only, all else on any thread.
 */
interface Loop {

    /** Runs a task on the loop, never at once; tasks of one thread run in their order. */
    default void run(Runnable task) {
        post(task);
        wake();
    }

    /** Like {@link #run}, but not before the loop does anything else: it is not woken for it. */
    void post(Runnable task);

    /** Has the loop run what was posted. */
    void wake();

    /** Runs a task on the loop after a time in milliseconds, at least 1. */
    void after(long millis, Runnable task);

    /** A monotonic clock. */
    long nanoTime();

    /** Where the thread that calls this wants to be told. */
    Executor caller();
}
