package dev.millrace.core.connect;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.pgclient.spi.PgDriver;
import io.vertx.sqlclient.ClientBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.spi.ConnectionFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes pools of PostgreSQL connections, whose logins are read again when the server refuses them ({@link LoginRenewal}). */
public final class PgPools {

    /** Requests that wait for a connection beyond which a pool refuses. */
    private static final int MAX_WAIT_QUEUE = 1_000;

    /** A connection that nobody has used for so long is ended. */
    private static final Duration IDLE = Duration.ofSeconds(30);

    /**
     * A connection over which nothing has come for so long is ended, whatever it waits for: a login, above all, that is never
     * answered, and takes up a place in the pool. Longer than {@link #IDLE} and any statement together, so that it ends no
     * request. Whoever keeps a connection must use it more often.
     */
    private static final Duration SILENCE = Duration.ofSeconds(80);

    /** The server's probes of a client that sends nothing: what it has locked must not wait two hours for the system's usual ones. */
    private static final Map<String, String> KEEPALIVE =
            Map.of("tcp_keepalives_idle", "10", "tcp_keepalives_interval", "5", "tcp_keepalives_count", "3");

    private PgPools() {}

    /**
     * A pool that connects when it is first asked. Sessions whose client's host vanishes end within half a minute, and what they
     * have locked is free again.
     *
     * @param application what {@code pg_stat_activity} shows
     * @param session settings of each connection's session, such as {@code lock_timeout}
     */
    public static Pool create(
            Vertx vertx, DatabaseConfig config, String application, int size, Map<String, String> session) {
        return create(vertx, config, new LoginRenewal(config, System::nanoTime), application, size, session);
    }

    /**
     * A pool among others of one login.
     *
     * @param login what all of them log in with
     */
    public static Pool create(
            Vertx vertx,
            DatabaseConfig config,
            LoginRenewal login,
            String application,
            int size,
            Map<String, String> session) {
        return create(vertx, config, login, application, size, session, SILENCE);
    }

    static Pool create(
            Vertx vertx,
            DatabaseConfig config,
            LoginRenewal login,
            String application,
            int size,
            Map<String, String> session,
            Duration silence) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(config.host())
                .setPort(config.port())
                .setDatabase(config.database())
                .setSslMode(SslMode.of(config.sslMode().text()))
                .setSslOptions(ssl(config))
                .setCachePreparedStatements(true);
        options.addProperty("application_name", application);
        KEEPALIVE.forEach(options::addProperty);
        session.forEach(options::addProperty);
        PoolOptions pool = new PoolOptions()
                .setMaxSize(size)
                .setMaxWaitQueueSize(MAX_WAIT_QUEUE)
                .setIdleTimeout((int) IDLE.toSeconds())
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setConnectionTimeout(5)
                .setConnectionTimeoutUnit(TimeUnit.SECONDS);
        return ClientBuilder.pool(new RenewingDriver(login))
                .with(pool)
                .connectingTo(() -> Future.succeededFuture(options))
                .using(new VertxOfPool(
                        vertx,
                        Sockets.keptAlive().setConnectTimeout(5_000).setReadIdleTimeout((int) silence.toSeconds())))
                .build();
    }

    /**
     * Ends a pooled connection for good. It is not given back, or the next user could be given it while it ends; the pool has its place
     * again once it is closed. One that never answers keeps its place until its silence ends it.
     */
    public static void end(SqlConnection connection) {
        connection.query("SELECT pg_terminate_backend(pg_backend_pid())").execute();
    }

    /** Whether the server refused who logged in: a wrong password, a role that is not there or may not log in. */
    private static boolean isRefusedLogin(Throwable failure) {
        return failure instanceof PgException refusal
                && ("28P01".equals(refusal.getSqlState()) || "28000".equals(refusal.getSqlState()));
    }

    /** The driver, whose connections are made with the login that is right at the time. */
    private static final class RenewingDriver extends PgDriver {

        private final LoginRenewal login;

        RenewingDriver(LoginRenewal login) {
            this.login = login;
        }

        @Override
        public ConnectionFactory<PgConnectOptions> createConnectionFactory(Vertx vertx, NetClientOptions transport) {
            return new RenewingFactory(super.createConnectionFactory(vertx, transport), login);
        }
    }

    private record RenewingFactory(ConnectionFactory<PgConnectOptions> driver, LoginRenewal login)
            implements ConnectionFactory<PgConnectOptions> {

        @Override
        public Future<SqlConnection> connect(Context context, PgConnectOptions options) {
            return Future.fromCompletionStage(login.next(), context)
                    .compose(with -> connect(context, options, with, true));
        }

        private Future<SqlConnection> connect(
                Context context, PgConnectOptions options, DatabaseLogin with, boolean retries) {
            PgConnectOptions complete =
                    new PgConnectOptions(options).setUser(with.user()).setPassword(with.password());
            return driver.connect(context, complete)
                    .onSuccess(_ -> login.worked(with))
                    .recover(failure -> retries && isRefusedLogin(failure)
                            ? Future.fromCompletionStage(login.instead(with, failure), context)
                                    .compose(other -> other.map(it -> connect(context, options, it, false))
                                            .orElseGet(() -> Future.failedFuture(failure)))
                            : Future.failedFuture(failure));
        }

        @Override
        public void close(Completable<Void> completion) {
            driver.close(completion);
        }
    }

    private static ClientSSLOptions ssl(DatabaseConfig config) {
        ClientSSLOptions options = new ClientSSLOptions()
                .setHostnameVerificationAlgorithm(
                        config.sslMode() == DatabaseConfig.SslMode.VERIFY_FULL ? "HTTPS" : "");
        if (config.sslMode().isVerifying()) {
            options.setTrustOptions(Trust.of(config.rootCertificates()));
        } else {
            options.setTrustAll(true);
        }
        return options;
    }

    /**
     * Has the pool's sockets made with our options. The driver drops those that its builder is given (vertx-pg-client 5.0.8; 5.0.12
     * hands them on).
     */
    private static final class VertxOfPool extends VertxWrapper {

        private final NetClientOptions sockets;

        VertxOfPool(Vertx vertx, NetClientOptions sockets) {
            super((VertxInternal) vertx);
            this.sockets = sockets;
        }

        @Override
        public NetClient createNetClient(NetClientOptions ofDriver) {
            return super.createNetClient(
                    new NetClientOptions(sockets).setReconnectAttempts(ofDriver.getReconnectAttempts()));
        }
    }
}
