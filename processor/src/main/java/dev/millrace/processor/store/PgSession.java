package dev.millrace.processor.store;

import dev.millrace.core.connect.PgPools;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection, held from use to use, so that its loss cannot go unnoticed: behind a new one there may be a server that
 * took over and has lost the last commits, and what was remembered of them is wrong. For one virtual thread at a time.
 */
final class PgSession {

    /** Above the statement time-out of the session, so that the server speaks first where it can. */
    private static final int ANSWER_TIMEOUT_SECONDS = 40;

    private final Pool pool;
    private final Runnable onLoss;
    private @Nullable Link link;

    private static final class Link {

        final SqlConnection connection;
        volatile boolean closed;
        boolean inTransaction;

        Link(SqlConnection connection) {
            this.connection = connection;
            connection.closeHandler(_ -> closed = true);
            // what ends it fails the statement in hand, if any: told there, not here with a stack trace
            connection.exceptionHandler(_ -> {});
        }
    }

    /**
     * @param onLoss runs before a connection that follows a lost one is used
     */
    PgSession(Pool pool, Runnable onLoss) {
        this.pool = pool;
        this.onLoss = onLoss;
    }

    /** Runs a statement by itself; it has committed when this returns. */
    RowSet<Row> query(String sql, Tuple arguments) {
        return await(connected().connection.preparedQuery(sql).execute(arguments));
    }

    /** Opens a transaction. */
    Open begin() {
        Link own = connected();
        own.inTransaction = true;
        return new Open(own, await(own.connection.begin()));
    }

    /**
     * A transaction that is open, bound to the connection that it was opened on. When that is lost its statements fail: on
     * another connection they would commit by themselves, without the position and without its fence.
     */
    static final class Open {

        private final Link link;
        private final Transaction transaction;

        private Open(Link link, Transaction transaction) {
            this.link = link;
            this.transaction = transaction;
        }

        RowSet<Row> query(String sql, Tuple arguments) {
            return await(send(sql, arguments));
        }

        /** Sends a statement without waiting: those that are sent one after the other run in that order. */
        Future<RowSet<Row>> send(String sql, Tuple arguments) {
            return link.closed
                    ? Future.failedFuture(new IOException("the connection was lost in a transaction"))
                    : link.connection.preparedQuery(sql).execute(arguments);
        }

        void commit() {
            await(transaction.commit());
            link.inTransaction = false;
        }

        void rollback() {
            await(transaction.rollback());
            link.inTransaction = false;
        }
    }

    /** The answer; a failure, whatever Throwable it comes as, is thrown as {@link Failure}. */
    static <T> T await(Future<T> future) {
        AsyncResult<T> answer = future.timeout(ANSWER_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .<AsyncResult<T>>transform(Future::succeededFuture)
                .await();
        if (answer.failed()) {
            throw new Failure(answer.cause());
        }
        return answer.result();
    }

    /** Why a use of the database failed. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Failure(Throwable cause) {
            super(cause);
        }
    }

    /**
     * Parts with the connection after a failure; the next use takes another one. It is ended and not given back: it may lead to
     * a server that was the primary once, and refuses to write for as long as it is asked.
     */
    void drop() {
        Link dropped = forget();
        if (dropped != null && !dropped.closed) {
            SqlConnection connection = dropped.connection;
            if (dropped.inTransaction) {
                // one that has failed hears nothing else
                connection.query("ROLLBACK").execute();
            }
            PgPools.end(connection);
        }
    }

    /** Gives the connection back; the next use takes another one. */
    void close() {
        Link own = forget();
        if (own != null) {
            // a transaction that is still open is rolled back by it
            own.connection.close();
        }
    }

    private @Nullable Link forget() {
        Link own = link;
        link = null;
        onLoss.run();
        return own;
    }

    /** Asks, where a failure is an answer; the connection is not used again then. */
    <T> Loaded<T> load(Supplier<T> question) {
        try {
            return new Loaded.Found<>(question.get());
        } catch (RuntimeException e) {
            drop();
            return new Loaded.Unavailable<>(reason(e));
        }
    }

    /** For what stands alone: only that may go on with another connection. */
    private Link connected() {
        if (link != null && link.closed) {
            forget();
        }
        Link own = link;
        if (own == null) {
            own = new Link(await(pool.getConnection()));
            link = own;
        }
        return own;
    }

    /** Why a use failed, for people, without a row's values. */
    static String reason(RuntimeException failure) {
        Throwable cause = failure instanceof Failure && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof PgException refused ? PgRefusal.reason(refused) : clientReason(cause);
    }

    /** What the client says of arguments that it cannot send holds their values: only what it says of the network is told. */
    private static String clientReason(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            return "unknown host " + cause.getMessage();
        }
        boolean told = cause instanceof IOException
                || cause instanceof TimeoutException
                || cause instanceof ClosedConnectionException;
        String message = told ? cause.getMessage() : null;
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
