package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.TestCa;
import dev.millrace.core.config.CaBundle;
import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseConfig.SslMode;
import dev.millrace.core.connect.PgPools;
import dev.millrace.processor.FreePort;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server over TLS, which is who it says it is or not; for the services' connections and for the migrations'. */
class PgTlsIT {

    private static EmbeddedPostgres server;
    private static CaBundle own;
    private static CaBundle others;
    private static Vertx vertx;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        vertx = Vertx.vertx();
        TestCa ca = new TestCa(directory, "ca");
        own = ca.bundle();
        others = new TestCa(directory, "others").bundle();
        TestCa.Identity identity = ca.server("database", "dns:localhost");
        // the server refuses a key that others may read, and may run as another user
        Path key = Files.setPosixFilePermissions(identity.key(), PosixFilePermissions.fromString("rw-------"));
        server = EmbeddedPostgres.builder()
                .setPort(FreePort.choose())
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_cert_file", identity.certificate().toString())
                .setServerConfig("ssl_key_file", key.toString())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
        vertx.close().await();
    }

    private static DatabaseConfig config(String host, SslMode mode, Optional<CaBundle> bundle) {
        return new DatabaseConfig(host, server.getPort(), "postgres", "postgres", "", mode, bundle);
    }

    private static boolean isEncrypted(DatabaseConfig config) {
        Pool pool = PgPools.create(vertx, config, "test", 1, Map.of());
        try {
            return pool.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                    .execute()
                    .await()
                    .iterator()
                    .next()
                    .getBoolean(0);
        } finally {
            pool.close().await();
        }
    }

    private static void assertRefused(DatabaseConfig config) {
        assertThrows(Exception.class, () -> isEncrypted(config));
        assertTrue(new FlywayMigrations(config).migrate() instanceof FlywayMigrations.Failed);
    }

    @Test
    void whoIsWhoItSaysIsBelieved() {
        DatabaseConfig config = config("localhost", SslMode.VERIFY_FULL, Optional.of(own));

        assertTrue(isEncrypted(config));
        assertEquals(
                FlywayMigrations.UpToDate.class,
                new FlywayMigrations(config).migrate().getClass());
    }

    @Test
    void aCertificateOfAnotherAuthorityIsNot() {
        assertRefused(config("localhost", SslMode.VERIFY_FULL, Optional.of(others)));
        assertRefused(config("localhost", SslMode.VERIFY_CA, Optional.of(others)));
        // nor one that Java does not trust
        assertRefused(config("localhost", SslMode.VERIFY_FULL, Optional.empty()));
    }

    @Test
    void anotherNameIsNotUnlessOnlyTheAuthorityCounts() {
        assertRefused(config("127.0.0.1", SslMode.VERIFY_FULL, Optional.of(own)));
        assertTrue(isEncrypted(config("127.0.0.1", SslMode.VERIFY_CA, Optional.of(own))));
    }

    @Test
    void whereNobodyIsVerifiedItIsEncryptedAllTheSame() {
        assertTrue(isEncrypted(config("127.0.0.1", SslMode.REQUIRE, Optional.empty())));
        assertTrue(isEncrypted(config("127.0.0.1", SslMode.PREFER, Optional.empty())));
    }
}
