package dev.millrace.processor.store;

import dev.millrace.core.connect.PgNotifications;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.util.random.RandomGenerator;

/**
 * Learns that other processes have given shards up, or read them out. A hint and no more: whoever is woken reads what is stored.
 * Thread-safe.
 */
public final class PgShardNotices {

    /** The channel; what comes over it is the id of a shard. */
    static final String CHANNEL = "millrace_shards";

    /** Tells a shard's id to all, with the transaction that it is part of. */
    static final String NOTIFY = "SELECT pg_notify('" + CHANNEL + "', $1)::text";

    private final PgNotifications notifications;

    /**
     * @param pool gives one connection away for good
     * @param wake runs after each notice, and after each connection, before which some may have been missed; on an event loop, so it
     *     must not block
     */
    public PgShardNotices(Vertx vertx, Pool pool, Runnable wake, RandomGenerator random) {
        this(vertx, pool, wake, random, PgNotifications.Pace.USUAL);
    }

    PgShardNotices(Vertx vertx, Pool pool, Runnable wake, RandomGenerator random, PgNotifications.Pace pace) {
        this.notifications = new PgNotifications(vertx, pool, CHANNEL, waking(wake), random, pace);
    }

    private static PgNotifications.Listener waking(Runnable wake) {
        return new PgNotifications.Listener() {
            @Override
            public void connected() {
                wake.run();
            }

            @Override
            public void notified(String shardId) {
                wake.run();
            }
        };
    }

    /** Begins to listen, and goes on until it is closed, whatever becomes of the database. */
    public void start() {
        notifications.start();
    }

    /** Ends the listening and gives the connection back. */
    public Future<Void> close() {
        return notifications.close();
    }
}
