package dev.millrace.core.connect;

import dev.millrace.core.config.DatabaseConfig;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes pools of PostgreSQL connections. */
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
        return create(vertx, config, application, size, session, SILENCE);
    }

    static Pool create(
            Vertx vertx,
            DatabaseConfig config,
            String application,
            int size,
            Map<String, String> session,
            Duration silence) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(config.host())
                .setPort(config.port())
                .setDatabase(config.database())
                .setUser(config.user())
                .setPassword(config.password())
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
        return PgBuilder.pool()
                .with(pool)
                .connectingTo(options)
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
