package dev.millrace.processor.shard;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one shard's loop on a virtual thread of its own. Its undeployment waits until the loop has committed the batch that it
 * has in hand.
 */
public final class ShardVerticle extends VerticleBase {

    private static final Logger LOG = LoggerFactory.getLogger(ShardVerticle.class);

    private final Function<Waits, ShardLoop> create;
    private final Listener listener;
    private final Promise<Void> ended = Promise.promise();
    private @Nullable VertxWaits waits;

    /** Learns, on the verticle's thread, that a loop is over. */
    public interface Listener {

        /** The loop has come to its end. */
        void ended(ShardLoop.End end);

        /** The loop was broken off by what it could not handle, an Error such as a class that is missing. */
        void faulted(Throwable fault);
    }

    /** @param create makes the loop */
    public ShardVerticle(Function<Waits, ShardLoop> create, Listener listener) {
        this.create = create;
        this.listener = listener;
    }

    @Override
    public Future<?> start() {
        VertxWaits own = new VertxWaits(vertx);
        waits = own;
        context.runOnContext(_ -> {
            try {
                listener.ended(create.apply(own).run());
            } catch (Throwable fault) {
                // whatever it is: a shard that nobody reads must not look like one that is read
                LOG.error("Reading a shard was broken off by a fault", fault);
                listener.faulted(fault);
            } finally {
                ended.complete();
            }
        });
        return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
        if (waits != null) {
            waits.requestStop();
        }
        return ended.future();
    }
}
