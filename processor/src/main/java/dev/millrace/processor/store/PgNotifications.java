package dev.millrace.processor.store;

import dev.millrace.core.lifecycle.Retry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Learns that other processes have given shards up, or read them out: by NOTIFY, on a connection of its own. A hint and no more,
 * since none is kept while the connection is away: whoever is woken reads what is stored. Thread-safe.
 */
public final class PgNotifications {

    /** The channel; what comes over it is the id of a shard. */
    static final String CHANNEL = "millrace_shards";

    /** Tells a shard's id to all, with the transaction that it is part of. */
    static final String NOTIFY = "SELECT pg_notify('" + CHANNEL + "', $1)::text";

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));

    private final Vertx vertx;
    private final Pool pool;
    private final Runnable wake;
    private final RandomGenerator random;
    private final Pace pace;

    private boolean closed;
    private int failures;
    private @Nullable PgConnection connection;

    /**
     * What listens hears nothing for hours; only an answer shows that it would.
     *
     * @param checkMillis between questions
     * @param answerMillis how long an answer may take
     */
    record Pace(long checkMillis, long answerMillis) {

        static final Pace USUAL = new Pace(20_000, 5_000);
    }

    /**
     * @param pool gives one connection away for good
     * @param wake runs after each notification, and after each connection, before which some may have been missed; on an event
     *     loop, so it must not block
     */
    public PgNotifications(Vertx vertx, Pool pool, Runnable wake, RandomGenerator random) {
        this(vertx, pool, wake, random, Pace.USUAL);
    }

    PgNotifications(Vertx vertx, Pool pool, Runnable wake, RandomGenerator random, Pace pace) {
        this.pace = pace;
        this.vertx = vertx;
        this.pool = pool;
        this.wake = wake;
        this.random = random;
    }

    /** Begins to listen, and goes on until it is closed, whatever becomes of the database. */
    public void start() {
        pool.getConnection().onComplete(given -> {
            if (given.failed()) {
                retry();
            } else {
                listen(PgConnection.cast(given.result()));
            }
        });
    }

    private void listen(PgConnection own) {
        synchronized (this) {
            if (closed) {
                own.close();
                return;
            }
            connection = own;
        }
        own.notificationHandler(_ -> wake.run());
        own.exceptionHandler(_ -> {});
        // before anything is asked of it, so that its end is not missed
        own.closeHandler(_ -> lost(own));
        ask(own, "LISTEN " + CHANNEL, () -> {
            synchronized (this) {
                failures = 0;
            }
            wake.run();
            checkLater(own);
        });
    }

    private void checkLater(PgConnection own) {
        vertx.setTimer(pace.checkMillis, _ -> {
            if (isInUse(own)) {
                ask(own, "SELECT 1", () -> checkLater(own));
            }
        });
    }

    private synchronized boolean isInUse(PgConnection own) {
        return connection == own;
    }

    /** Parts with a connection that fails, or says nothing. */
    private void ask(PgConnection own, String statement, Runnable answered) {
        own.query(statement)
                .execute()
                .timeout(pace.answerMillis, TimeUnit.MILLISECONDS)
                .onComplete(answer -> {
                    if (answer.succeeded()) {
                        answered.run();
                    } else {
                        PgSession.end(own);
                        lost(own);
                    }
                });
    }

    /** Once for each connection. */
    private void lost(PgConnection own) {
        synchronized (this) {
            if (connection != own) {
                return;
            }
            connection = null;
        }
        retry();
    }

    private void retry() {
        long delay;
        synchronized (this) {
            if (closed) {
                return;
            }
            failures++;
            delay = RETRY.delayMillis(failures, random);
        }
        vertx.setTimer(delay, _ -> start());
    }

    /** Ends the listening and gives the connection back. */
    public Future<Void> close() {
        PgConnection own;
        synchronized (this) {
            closed = true;
            own = connection;
            connection = null;
        }
        return own == null ? Future.succeededFuture() : giveBack(own);
    }

    /** As it was given: one that still listened would wake nobody, for as long as it lives. */
    private Future<Void> giveBack(PgConnection own) {
        own.notificationHandler(null);
        return own.query("UNLISTEN " + CHANNEL)
                .execute()
                .timeout(pace.answerMillis, TimeUnit.MILLISECONDS)
                .transform(answer -> {
                    if (answer.succeeded()) {
                        return own.close();
                    }
                    PgSession.end(own);
                    return Future.succeededFuture();
                });
    }
}
