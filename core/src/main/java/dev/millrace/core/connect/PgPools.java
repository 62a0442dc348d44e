package dev.millrace.core.connect;

import dev.millrace.core.config.DatabaseConfig;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes pools of PostgreSQL connections. */
public final class PgPools {

    /** Requests that wait for a connection beyond which a pool refuses. */
    private static final int MAX_WAIT_QUEUE = 1_000;

    private PgPools() {}

    /**
     * A pool that connects when it is first asked.
     *
     * @param application what {@code pg_stat_activity} shows
     * @param session settings of each connection's session, such as {@code lock_timeout}
     */
    public static Pool create(
            Vertx vertx, DatabaseConfig config, String application, int size, Map<String, String> session) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(config.host())
                .setPort(config.port())
                .setDatabase(config.database())
                .setUser(config.user())
                .setPassword(config.password())
                .setSslMode(SslMode.of(config.sslMode().text()))
                .setSslOptions(new ClientSSLOptions()
                        .setTrustAll(config.sslMode().compareTo(DatabaseConfig.SslMode.VERIFY_CA) < 0)
                        .setHostnameVerificationAlgorithm(
                                config.sslMode() == DatabaseConfig.SslMode.VERIFY_FULL ? "HTTPS" : ""))
                .setCachePreparedStatements(true);
        options.addProperty("application_name", application);
        session.forEach(options::addProperty);
        PoolOptions pool = new PoolOptions()
                .setMaxSize(size)
                .setMaxWaitQueueSize(MAX_WAIT_QUEUE)
                .setConnectionTimeout(5)
                .setConnectionTimeoutUnit(TimeUnit.SECONDS);
        return PgBuilder.pool()
                .with(pool)
                .with(Sockets.keptAlive().setConnectTimeout(5_000))
                .connectingTo(options)
                .using(vertx)
                .build();
    }
}
