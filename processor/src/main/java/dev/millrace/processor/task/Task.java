package dev.millrace.processor.task;

/** A program that was started. Its methods may be called from any thread. */
public interface Task {

    /** Ends the pause that is under way, or else the next one. */
    void wake();

    /** Asks the program to end; it finishes what it has in hand. */
    void requestStop();

    /** Waits until the program is over and its thread is gone. Blocks the calling virtual thread. */
    void await();
}
