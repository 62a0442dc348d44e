package dev.millrace.core.connect;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Listens to a channel of NOTIFY, on a connection of its own. What is told while that is away is lost: whoever listens reads
 * what is stored each time that it is there again. Thread-safe.
 */
public final class PgNotifications {

    /** Who is told. Called on an event loop, so it must not block. */
    public interface Listener {

        /** From now on it is told of all; before, some may have been missed. */
        void connected();

        /** The connection is lost: from now on it may miss some. */
        default void lost() {}

        /** It is told of something; the payload is what whoever told it said. */
        void notified(String payload);
    }

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));

    private final Vertx vertx;
    private final Pool pool;
    private final String channel;
    private final Listener listener;
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
    public record Pace(long checkMillis, long answerMillis) {

        /** For a server that is not next door. */
        public static final Pace USUAL = new Pace(20_000, 5_000);
    }

    /**
     * Does not listen yet.
     *
     * @param pool gives one connection away for good
     * @param channel an identifier of SQL that needs no quotes
     */
    public PgNotifications(Vertx vertx, Pool pool, String channel, Listener listener, RandomGenerator random) {
        this(vertx, pool, channel, listener, random, Pace.USUAL);
    }

    /** One that checks its connection at a pace. */
    public PgNotifications(
            Vertx vertx, Pool pool, String channel, Listener listener, RandomGenerator random, Pace pace) {
        this.vertx = vertx;
        this.pool = pool;
        this.channel = channel;
        this.listener = listener;
        this.random = random;
        this.pace = pace;
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
        own.notificationHandler(notification -> listener.notified(notification.getPayload()));
        own.exceptionHandler(_ -> {});
        // before anything is asked of it, so that its end is not missed
        own.closeHandler(_ -> lost(own));
        ask(own, "LISTEN " + channel, () -> {
            synchronized (this) {
                failures = 0;
            }
            listener.connected();
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
                        PgPools.end(own);
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
        listener.lost();
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
        return own.query("UNLISTEN " + channel)
                .execute()
                .timeout(pace.answerMillis, TimeUnit.MILLISECONDS)
                .transform(answer -> {
                    if (answer.succeeded()) {
                        return own.close();
                    }
                    PgPools.end(own);
                    return Future.succeededFuture();
                });
    }
}
