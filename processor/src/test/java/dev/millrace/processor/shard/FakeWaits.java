package dev.millrace.processor.shard;

import dev.millrace.processor.task.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Time that passes only in pauses. */
class FakeWaits implements Waits {

    final List<Long> pauses = new ArrayList<>();
    /** Negative as System.nanoTime may be. */
    private long nanos = -TimeUnit.DAYS.toNanos(1);

    private boolean stop;
    private Runnable onPause = () -> {};
    private int stopAfterPauses = Integer.MAX_VALUE;

    /** Requests a stop in the middle of the n-th pause from now. */
    void stopInPause(int n) {
        stopAfterPauses = pauses.size() + n;
    }

    void requestStop() {
        stop = true;
    }

    /** Happens before each pause. */
    void onPause(Runnable event) {
        onPause = event;
    }

    /** Something takes its time. */
    void pass(long millis) {
        nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public void pause(long millis) {
        if (millis <= 0) {
            return;
        }
        onPause.run();
        pauses.add(millis);
        if (pauses.size() >= stopAfterPauses) {
            stop = true;
        } else {
            nanos += TimeUnit.MILLISECONDS.toNanos(millis);
        }
    }

    @Override
    public boolean stopRequested() {
        return stop;
    }
}
