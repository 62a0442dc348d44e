package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import dev.millrace.core.connect.LoginRenewal;
import dev.millrace.processor.FreePort;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who lets the roles of gateway and processor log in; on a server of its own that asks them for passwords. */
class FirstLoginsIT {

    private static final DatabaseLogin GATEWAY = new DatabaseLogin("millrace_gateway", "gateway's");
    private static final DatabaseLogin PROCESSOR = new DatabaseLogin("millrace_processor", "its \"own\" \\");

    private EmbeddedPostgres server;

    @BeforeEach
    void startServer(@TempDir Path data) throws Exception {
        server = EmbeddedPostgres.builder()
                .setPort(FreePort.choose())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
        asAdmin("CREATE ROLE owner LOGIN CREATEROLE");
        asAdmin("CREATE DATABASE millrace OWNER owner");
        Files.writeString(data.resolve("pg_hba.conf"), """
                host all owner,postgres all trust
                host all all all scram-sha-256
                """);
        asAdmin("SELECT pg_reload_conf()");
    }

    @AfterEach
    void stopServer() throws Exception {
        server.close();
    }

    @Test
    void theProcessorGivesThemTheirFirstPasswordAndNoOther() throws Exception {
        migrateFourTimesAtOnce();

        logIn(GATEWAY);
        logIn(PROCESSOR);
        assertRefused("28P01", new DatabaseLogin(GATEWAY.user(), "another"));

        // changed since, as a rotation does
        DatabaseLogin rotated = new DatabaseLogin(GATEWAY.user(), "rotated");
        asAdmin("ALTER ROLE millrace_gateway PASSWORD 'rotated'");
        migrateFourTimesAtOnce();
        logIn(rotated);
        assertRefused("28P01", GATEWAY);

        // shut out since
        asAdmin("ALTER ROLE millrace_gateway NOLOGIN");
        migrateFourTimesAtOnce();
        assertRefused("28000", rotated);
        logIn(PROCESSOR);
    }

    private void migrateFourTimesAtOnce() throws Exception {
        var owner = new DatabaseConfig(
                "localhost", server.getPort(), "millrace", "owner", "", DatabaseConfig.SslMode.DISABLE);
        List<Future<FlywayMigrations.Migrated>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                var migrations = new FlywayMigrations(
                        owner, new LoginRenewal(owner, System::nanoTime), List.of(GATEWAY, PROCESSOR));
                all.add(threads.submit(migrations::migrate));
            }
        }
        for (Future<FlywayMigrations.Migrated> one : all) {
            assertInstanceOf(FlywayMigrations.UpToDate.class, one.get(), () -> String.valueOf(one.resultNow()));
        }
    }

    private void asAdmin(String sql) throws SQLException {
        try (var connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void logIn(DatabaseLogin login) throws SQLException {
        DriverManager.getConnection(
                        "jdbc:postgresql://localhost:" + server.getPort() + "/millrace", login.user(), login.password())
                .close();
    }

    private void assertRefused(String state, DatabaseLogin login) {
        assertEquals(state, assertThrows(SQLException.class, () -> logIn(login)).getSQLState());
    }
}
