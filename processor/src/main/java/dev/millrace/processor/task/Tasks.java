package dev.millrace.processor.task;

import java.util.Optional;

/** Runs programs side by side, each straight-line on a virtual thread of its own. */
public interface Tasks {

    /**
     * Starts a program.
     *
     * @param name for people who read logs and thread dumps
     * @param ended runs on the program's thread when it is over
     */
    Task start(String name, Program program, Ended ended);

    /** What a task runs: until its own end, or soon after {@link Waits#stopRequested()}. */
    interface Program {
        void run(Waits waits);
    }

    /** Learns that a program is over. */
    interface Ended {

        /**
         * Runs once.
         *
         * @param fault what broke it off, an Error such as a class that is missing; empty where it came to its end
         */
        void ended(Optional<Throwable> fault);
    }
}
