package dev.millrace.processor.store;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.connect.PgPools;
import dev.millrace.processor.FreePort;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One PostgreSQL for all tests of this JVM, as durable as a real one; each test class has a database of its own. */
public final class PgTestServer {

    private static final EmbeddedPostgres SERVER = start();
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private PgTestServer() {}

    private static EmbeddedPostgres start() {
        try {
            // it stops with the JVM
            return EmbeddedPostgres.builder()
                    .setPort(FreePort.choose())
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("full_page_writes", "on")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new database, without a schema. */
    public static DatabaseConfig newDatabase() {
        String name = "test" + DATABASES.incrementAndGet();
        Vertx vertx = Vertx.vertx();
        try {
            Pool pool = PgPools.create(vertx, login("postgres", "postgres"), "test", 1, Map.of());
            pool.query("CREATE DATABASE " + name).execute().await();
        } finally {
            vertx.close().await();
        }
        return login(name, "postgres");
    }

    /** A login to a database. */
    public static DatabaseConfig login(String database, String user) {
        return new DatabaseConfig("localhost", SERVER.getPort(), database, user, "", DatabaseConfig.SslMode.DISABLE);
    }
}
