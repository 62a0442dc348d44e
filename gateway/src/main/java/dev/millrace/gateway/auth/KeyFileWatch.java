package dev.millrace.gateway.auth;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a key file now and then, one look at a time and on no event loop. */
public final class KeyFileWatch {

    private static final Logger LOG = LoggerFactory.getLogger(KeyFileWatch.class);

    private final Vertx vertx;
    private final KeyFile file;
    private final Duration interval;
    private final AtomicBoolean looking = new AtomicBoolean();

    private volatile long timer = -1;

    /** A watch that does not look before {@link #start}. */
    public KeyFileWatch(Vertx vertx, KeyFile file, Duration interval) {
        this.vertx = vertx;
        this.file = file;
        this.interval = interval;
    }

    /** Begins to look, for the first time after an interval. */
    public void start() {
        timer = vertx.setPeriodic(interval.toMillis(), _ -> look());
    }

    private void look() {
        // a file system that hangs must not collect threads
        if (looking.compareAndSet(false, true)) {
            vertx.executeBlocking(file::reload, false)
                    .onFailure(cause -> LOG.error("The look at the key file failed unexpectedly", cause))
                    .onComplete(_ -> looking.set(false));
        }
    }

    /** Looks no more. */
    public void stop() {
        vertx.cancelTimer(timer);
    }
}
