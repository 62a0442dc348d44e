package dev.millrace.local.replay;

import java.time.Duration;

/** Time that passes only when somebody sleeps. */
final class VirtualTicker implements Ticker {

    private long nanos = 17;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        nanos += Math.max(0, duration.toNanos());
    }

    void pass(Duration duration) {
        nanos += duration.toNanos();
    }
}
