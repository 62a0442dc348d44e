package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPostgresIT {

    private static final String WRONG_PASSWORD = "28P01";

    private static Path parent;
    private static RunDirectory directory;
    private static LocalPostgres postgres;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        parent = temporary;
        directory = RunDirectory.open(parent, "run-");
        postgres = LocalPostgres.start(0, directory.resolve("postgresql"), LocalPostgres.binaries(directory));
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
        directory.close();
        try (var left = Files.list(parent)) {
            assertEquals(List.of(), left.toList());
        }
        assertEquals(
                "08001",
                assertThrows(SQLException.class, () -> connect("millrace", "millrace"))
                        .getSQLState());
    }

    @ParameterizedTest
    @CsvSource({
        "fsync, on",
        "full_page_writes, on",
        "synchronous_commit, on",
        "password_encryption, scram-sha-256",
        "listen_addresses, 127.0.0.1",
        "server_encoding, UTF8"
    })
    void runsWithTheSettingsThatARealOneHas(String setting, String value) throws Exception {
        assertEquals(value, query("SHOW " + setting));
    }

    @Test
    void acceptsItsUserWithThePasswordOnTheDatabaseOfTheSameName() throws Exception {
        assertEquals("millrace", query("SELECT current_user"));
        assertEquals("millrace", query("SELECT current_database()"));
        assertEquals("millrace:millrace", URI.create(postgres.url()).getUserInfo());
    }

    @ParameterizedTest
    @EnumSource
    void givesEachProgramALoginOfItsOwnAndTheProcessorTheOwners(LocalService.Program program) {
        String role = LocalPostgres.role(program);

        Map<String, String> settings = postgres.settings(program);

        var url = URI.create(settings.getOrDefault("DATABASE_URL", ""));
        assertEquals(role + ":" + role, url.getUserInfo());
        assertEquals(postgres.port(), url.getPort());
        assertEquals(
                program == LocalService.Program.PROCESSOR ? postgres.url() : "none",
                settings.getOrDefault("DATABASE_MIGRATION_URL", "none"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"millrace", "millrace_gateway", "millrace_processor", "postgres"})
    void refusesAWrongPassword(String user) {
        var refusal = assertThrows(SQLException.class, () -> connect(user, "wrong"));

        assertEquals(WRONG_PASSWORD, refusal.getSQLState());
    }

    @Test
    void letsItsUserMakeTablesButNotBeSuperuser() throws Exception {
        try (var connection = connect("millrace", "millrace");
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE reading (value float8)");
            statement.execute("DROP TABLE reading");
        }
        assertEquals("off", query("SHOW is_superuser"));
    }

    @Test
    void keepsNoPasswordInAFile() {
        assertFalse(Files.exists(directory.resolve("postgresql").resolve("password")));
    }

    @Test
    void namesTheWayOutWhenItCannotStart() throws Exception {
        // Given a file where the directory of the programs should be
        try (var other = RunDirectory.open(parent, "other-")) {
            Path file = Files.createFile(other.resolve("file"));

            // When
            var failure =
                    assertThrows(StartFailure.class, () -> LocalPostgres.start(0, other.resolve("postgresql"), file));

            // Then
            assertEquals(
                    "PostgreSQL did not start (" + file + "); set DATABASE_URL to use another one",
                    failure.getMessage());
        }
    }

    private static String query(String sql) throws SQLException {
        try (var connection = connect("millrace", "millrace");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static Connection connect(String user, String password) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), user, password);
    }
}
