package dev.millrace.local.replay;

import java.time.Duration;

/** Time that passes, in nanoseconds from any origin. */
interface Ticker {

    long nanos();

    /** Waits; a duration that is not positive does not wait. */
    void sleep(Duration duration) throws InterruptedException;

    /** The time of this machine. */
    static Ticker system() {
        return new Ticker() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                // the pace of a replay and its back-off are measured in time; tests pass a ticker of their own
                Thread.sleep(duration);
            }
        };
    }
}
