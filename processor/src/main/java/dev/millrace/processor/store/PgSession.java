package dev.millrace.processor.store;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import java.util.concurrent.TimeUnit;
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

        Link(SqlConnection connection) {
            this.connection = connection;
            connection.closeHandler(_ -> closed = true);
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
                    ? Future.failedFuture("the connection was lost in a transaction")
                    : link.connection.preparedQuery(sql).execute(arguments);
        }

        void commit() {
            await(transaction.commit());
        }

        void rollback() {
            await(transaction.rollback());
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

    /** Gives the connection back after a failure; the next use takes another one. */
    void drop() {
        Link dropped = link;
        link = null;
        onLoss.run();
        if (dropped != null) {
            // a transaction that is still open is rolled back by it; a connection that is closed is not reused
            dropped.connection.close();
        }
    }

    /** For what stands alone: only that may go on with another connection. */
    private Link connected() {
        if (link != null && link.closed) {
            drop();
        }
        Link own = link;
        if (own == null) {
            own = new Link(await(pool.getConnection()));
            link = own;
        }
        return own;
    }

    /** Why a use failed, for people: a row's values, which PostgreSQL puts into DETAIL, are left out. */
    static String reason(RuntimeException failure) {
        Throwable cause = failure instanceof Failure && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof PgException refused) {
            return refused.getErrorMessage() + " (SQLSTATE " + refused.getSqlState() + ")";
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
