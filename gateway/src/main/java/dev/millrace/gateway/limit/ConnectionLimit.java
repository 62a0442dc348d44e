package dev.millrace.gateway.limit;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there are of one kind, and how many there may be. Thread-safe. */
public final class ConnectionLimit {

    private final int max;
    private final AtomicInteger open = new AtomicInteger();

    public ConnectionLimit(int max) {
        this.max = max;
    }

    /** Whether there may be one more; it counts until its channel is closed. */
    public boolean enter(Channel channel) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            return false;
        }
        channel.closeFuture().addListener(_ -> open.decrementAndGet());
        return true;
    }

    /** How many there are. */
    public int open() {
        return open.get();
    }
}
