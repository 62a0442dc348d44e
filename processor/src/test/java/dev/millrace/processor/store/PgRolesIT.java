package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.processor.FreePort;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the roles of gateway and processor may do, by trying; on a server of its own, since roles are the server's. */
class PgRolesIT {

    private static final String GATEWAY = "millrace_gateway";
    private static final String PROCESSOR = "millrace_processor";
    private static final Path LOGINS = Path.of("..", "k8s", "logins.sql");
    private static final String NOT_ALLOWED = "42501";

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static EmbeddedPostgres server;

    /** A database with the schema in it, whose roles may log in. */
    private static String ready;

    @BeforeAll
    static void start() throws Exception {
        server = EmbeddedPostgres.builder().setPort(FreePort.choose()).start();
        asAdmin("CREATE ROLE owner LOGIN CREATEROLE");
        asAdmin("CREATE ROLE plain_owner LOGIN");
        ready = newDatabase("owner");
        migrate(ready, "owner");
        execute(ready, "owner", Files.readString(LOGINS));
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    private final List<String> databases = new ArrayList<>();

    @AfterEach
    void dropDatabases() throws SQLException {
        for (String database : databases) {
            asAdmin("DROP DATABASE " + database);
        }
    }

    private static String newDatabase(String owner) throws SQLException {
        String name = "roles" + DATABASES.incrementAndGet();
        asAdmin("CREATE DATABASE " + name + " OWNER " + owner);
        return name;
    }

    private String ownDatabase(String owner) throws SQLException {
        String name = newDatabase(owner);
        databases.add(name);
        return name;
    }

    private static DatabaseConfig config(String database, String user) {
        return new DatabaseConfig("localhost", server.getPort(), database, user, "", DatabaseConfig.SslMode.DISABLE);
    }

    private static void migrate(String database, String user) {
        assertInstanceOf(FlywayMigrations.UpToDate.class, new FlywayMigrations(config(database, user)).migrate());
    }

    private static Connection connect(String database, String user) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + server.getPort() + "/" + database, user, "");
    }

    private static void execute(String database, String user, String sql) throws SQLException {
        try (Connection connection = connect(database, user);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void asAdmin(String sql) throws SQLException {
        execute("postgres", "postgres", sql);
    }

    /** What each role may do with each table, as PostgreSQL sees it: all rights of a kind, or those to some columns. */
    private static Map<String, String> rights(String database, String role) throws SQLException {
        String sql = """
                SELECT c.relname, string_agg(CASE
                        WHEN has_table_privilege('%1$s', c.oid, p) THEN p
                        ELSE p || (SELECT array_agg(attname ORDER BY attname)::text FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND attnum > 0 AND has_column_privilege('%1$s', c.oid, attnum, p))
                        END, ' ' ORDER BY n)
                FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) WITH ORDINALITY AS r (p, n)
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
                    AND has_any_column_privilege('%1$s', c.oid, p)
                GROUP BY c.relname
                UNION ALL
                SELECT c.relname || ' ' || p, 'yes'
                FROM pg_class c, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER', 'MAINTAIN']) AS p
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
                    AND has_table_privilege('%1$s', c.oid, p)
                UNION ALL
                SELECT proname, 'EXECUTE' FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND has_function_privilege('%1$s', oid, 'EXECUTE')
                UNION ALL
                SELECT 'schema', p FROM unnest(ARRAY['USAGE', 'CREATE']) AS p WHERE has_schema_privilege('%1$s', 'public', p)
                UNION ALL
                SELECT 'database', 'TEMPORARY' WHERE has_database_privilege('%1$s', current_database(), 'TEMPORARY')
                """.formatted(role);
        Map<String, String> rights = new TreeMap<>();
        try (Connection connection = connect(database, "postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                rights.put(rows.getString(1), rows.getString(2));
            }
        }
        return rights;
    }

    private static final Map<String, String> OF_GATEWAY = new TreeMap<>(Map.ofEntries(
            Map.entry("schema", "USAGE"),
            Map.entry("sensor", "SELECT"),
            Map.entry("metric", "SELECT"),
            Map.entry("series", "SELECT"),
            Map.entry("measurement", "SELECT"),
            Map.entry("state", "SELECT"),
            Map.entry("anomaly", "SELECT UPDATE{acked_at,acked_by}"),
            Map.entry("device", "SELECT INSERT UPDATE"),
            Map.entry("device DELETE", "yes"),
            Map.entry("device_key", "SELECT INSERT UPDATE"),
            Map.entry("device_key DELETE", "yes"),
            Map.entry("device_seen", "SELECT INSERT UPDATE"),
            Map.entry("audit_log", "SELECT INSERT")));

    private static final Map<String, String> OF_PROCESSOR = new TreeMap<>(Map.ofEntries(
            Map.entry("schema", "USAGE"),
            Map.entry("sensor", "SELECT INSERT UPDATE{first_seen,last_seen}"),
            Map.entry("metric", "SELECT INSERT"),
            Map.entry("series", "SELECT INSERT UPDATE{kinds}"),
            Map.entry("measurement", "SELECT INSERT"),
            Map.entry("state", "SELECT INSERT"),
            Map.entry("anomaly", "SELECT INSERT UPDATE{closed_at,count,peak,revision}"),
            Map.entry("detector_snapshot", "SELECT INSERT UPDATE"),
            Map.entry("detector_journal", "SELECT INSERT"),
            Map.entry("detector_journal DELETE", "yes"),
            Map.entry("rule_set", "SELECT INSERT"),
            Map.entry(
                    "dead_letter",
                    "SELECT{reason,sequence_number,shard_id,stream,stream_created,sub_sequence_number} INSERT"),
            Map.entry("alert_outbox", "SELECT INSERT"),
            Map.entry("alert_outbox DELETE", "yes"),
            Map.entry("alert_message", "SELECT INSERT UPDATE{attempts,ended_at,failure,next_attempt_at,state}"),
            Map.entry("alert_message DELETE", "yes"),
            Map.entry("alert_delivery", "SELECT INSERT UPDATE{message_id,state}"),
            Map.entry("alert_delivery DELETE", "yes"),
            Map.entry("alert_destination", "SELECT INSERT UPDATE{claimed_until,failures,not_before,owner}"),
            Map.entry("gap", "INSERT"),
            Map.entry("stream_start", "SELECT INSERT"),
            Map.entry("shard_progress", "SELECT INSERT UPDATE"),
            Map.entry("make_next_day_partition", "EXECUTE"),
            Map.entry("drop_oldest_day_partition", "EXECUTE")));

    @Test
    void eachRoleHasTheseRightsAndNoOthers() throws Exception {
        assertEquals(OF_GATEWAY, rights(ready, GATEWAY));
        assertEquals(OF_PROCESSOR, rights(ready, PROCESSOR));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE audit_log SET actor = 'nobody'",
                "DELETE FROM audit_log",
                "TRUNCATE audit_log",
                "DROP TABLE audit_log",
                "ALTER TABLE audit_log ADD COLUMN x int",
                "ALTER TABLE audit_log DISABLE TRIGGER ALL",
                "CREATE TABLE mine (id int)",
                "CREATE TEMPORARY TABLE mine (id int)",
                "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE SCHEMA mine",
                "DROP TABLE measurement",
                "DELETE FROM measurement",
                "TRUNCATE measurement",
                "UPDATE measurement SET value = 0",
                "UPDATE anomaly SET severity = 'info'",
                "DELETE FROM anomaly",
                "SELECT * FROM flyway_schema_history",
                "DELETE FROM flyway_schema_history",
                "CREATE ROLE mine",
                "ALTER ROLE owner SUPERUSER",
                "SET ROLE owner",
                "COPY sensor TO PROGRAM 'cat'",
                "SELECT pg_read_file('PG_VERSION')",
                "ALTER FUNCTION make_next_day_partition(integer) SECURITY INVOKER",
            })
    void neitherRoleMay(String sql) {
        refused(GATEWAY, sql);
        refused(PROCESSOR, sql);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "millrace_gateway | INSERT INTO metric (name) VALUES ('forged')",
                "millrace_gateway | INSERT INTO measurement VALUES (now(), 1, 1, 1)",
                "millrace_gateway | UPDATE anomaly SET closed_at = now()",
                "millrace_gateway | SELECT * FROM shard_progress",
                "millrace_gateway | UPDATE shard_progress SET epoch = 1",
                "millrace_gateway | SELECT * FROM dead_letter",
                "millrace_gateway | SELECT * FROM alert_outbox",
                "millrace_gateway | DELETE FROM alert_delivery",
                "millrace_processor | UPDATE alert_outbox SET severity = 'info'",
                "millrace_processor | UPDATE alert_delivery SET destination = 'me'",
                "millrace_processor | DELETE FROM alert_destination",
                "millrace_gateway | SELECT make_next_day_partition(3)",
                "millrace_gateway | SELECT drop_oldest_day_partition(1)",
                "millrace_gateway | SELECT * FROM measurement_history",
                "millrace_gateway | SET ROLE millrace_processor",
                "millrace_processor | SELECT * FROM device",
                "millrace_processor | INSERT INTO device_key (key_id, device_id, sha256) VALUES (gen_random_uuid(), 'd', ''::bytea)",
                "millrace_processor | SELECT sha256 FROM device_key",
                "millrace_processor | SELECT * FROM device_seen",
                "millrace_processor | SELECT * FROM audit_log",
                "millrace_processor | INSERT INTO audit_log (actor, role, address, action, target, detail) VALUES ('a', 'r', 'x', 'y', 'z', '{}')",
                "millrace_processor | UPDATE anomaly SET acked_by = 'me'",
                "millrace_processor | UPDATE anomaly SET message = 'other'",
                "millrace_processor | UPDATE rule_set SET text = 'other'",
                "millrace_processor | DELETE FROM detector_snapshot",
                "millrace_gateway | SELECT * FROM detector_snapshot",
                "millrace_gateway | SELECT * FROM detector_journal",
                "millrace_processor | UPDATE detector_journal SET fed = ''",
                "millrace_processor | UPDATE sensor SET sensor_id = 'other'",
                "millrace_processor | SELECT data FROM dead_letter",
                "millrace_processor | DELETE FROM dead_letter",
                "millrace_processor | DELETE FROM shard_progress",
                "millrace_processor | SET ROLE millrace_gateway",
            })
    void thisRoleMayNot(String role, String sql) {
        refused(role, sql);
    }

    private static void refused(String role, String sql) {
        SQLException refusal = assertThrows(SQLException.class, () -> execute(ready, role, sql), sql);
        assertEquals(NOT_ALLOWED, refusal.getSQLState(), () -> sql + ": " + refusal.getMessage());
    }

    /** What the code does not do yet, or seldom; all the rest is done by the tests that run the programs with these roles. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "millrace_gateway | INSERT INTO device (device_id, type, sensors, enabled, labels) VALUES ('d1', 't', '{a*}', true, '{}')",
                "millrace_gateway | UPDATE device SET enabled = false WHERE device_id = 'd1'",
                "millrace_gateway | INSERT INTO device_key (key_id, device_id, sha256) VALUES (gen_random_uuid(), 'd1', sha256('k'))",
                "millrace_gateway | INSERT INTO device_seen VALUES ('d1', now()) ON CONFLICT (device_id) DO UPDATE SET last_seen = excluded.last_seen",
                "millrace_gateway | INSERT INTO audit_log (actor, role, address, action, target, detail) VALUES ('a', 'admin', 'x', 'y', 'd1', '{}') RETURNING audit_id",
                "millrace_gateway | SELECT * FROM audit_log WHERE target = 'd1' ORDER BY audit_id DESC",
                "millrace_gateway | DELETE FROM device_key WHERE device_id = 'd1'",
                "millrace_gateway | DELETE FROM device WHERE device_id = 'd1'",
                "millrace_gateway | UPDATE anomaly SET acked_by = 'me', acked_at = now() WHERE anomaly_id = gen_random_uuid() AND acked_at IS NULL",
                "millrace_gateway | LISTEN millrace_devices",
                "millrace_processor | SELECT make_next_day_partition(3)",
                "millrace_processor | SELECT drop_oldest_day_partition(30)",
                "millrace_processor | INSERT INTO gap VALUES ('s', now(), 'sh', '1', 0, null, null, now()) ON CONFLICT DO NOTHING",
                "millrace_processor | INSERT INTO dead_letter VALUES ('s', now(), 'sh', '1', 0, now(), 'r', 'f', 'd', '') ON CONFLICT DO NOTHING",
            })
    void thisRoleMay(String role, String sql) throws SQLException {
        execute(ready, role, sql);
    }

    @Test
    void loginsOfTheseNamesWithTheRightsOfOldKeepNothingThatIsNotTheirs() throws Exception {
        String database = ownDatabase("owner");
        Flyway.configure()
                .dataSource("jdbc:postgresql://localhost:" + server.getPort() + "/" + database, "owner", "")
                .target("3")
                .load()
                .migrate();
        execute(database, "owner", """
                GRANT USAGE ON SCHEMA public TO millrace_gateway, millrace_processor;
                GRANT SELECT ON ALL TABLES IN SCHEMA public TO millrace_gateway;
                GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO millrace_processor;
                GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO millrace_processor;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO millrace_gateway;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO millrace_processor;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO millrace_processor;
                """);

        migrate(database, "owner");
        execute(database, "owner", "CREATE TABLE later (id int)");
        execute(database, "owner", "CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'");

        assertEquals(OF_GATEWAY, rights(database, GATEWAY));
        assertEquals(OF_PROCESSOR, rights(database, PROCESSOR));
    }

    @Test
    void loginsOfOtherNamesHaveTheRightsOfTheRolesThatTheyAreGranted() throws Exception {
        asAdmin("CREATE ROLE other LOGIN");
        asAdmin("GRANT millrace_processor TO other");

        assertEquals(OF_PROCESSOR, rights(ready, "other"));
        execute(ready, "other", "SELECT make_next_day_partition(3)");
    }

    /** On a server of its own, where the roles are not there yet. */
    @Test
    void theRolesAreMadeOnceForAllDatabasesAndAnOwnerWhoMayNotMakeThemIsToldSo() throws Exception {
        EmbeddedPostgres shared = server;
        try (EmbeddedPostgres bare =
                EmbeddedPostgres.builder().setPort(FreePort.choose()).start()) {
            server = bare;
            asAdmin("CREATE ROLE owner LOGIN CREATEROLE");
            asAdmin("CREATE ROLE plain_owner LOGIN");
            String plain = newDatabase("plain_owner");

            FlywayMigrations.Failed failed = assertInstanceOf(
                    FlywayMigrations.Failed.class, new FlywayMigrations(config(plain, "plain_owner")).migrate());
            assertTrue(
                    failed.reason()
                            .contains("role millrace_gateway is not there, and plain_owner may not create it:"
                                    + " give plain_owner CREATEROLE, or make the role (k8s/logins.sql)"),
                    failed::reason);

            List<Future<FlywayMigrations.Migrated>> all = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 4; i++) {
                    FlywayMigrations migrations = new FlywayMigrations(config(newDatabase("owner"), "owner"));
                    all.add(threads.submit(migrations::migrate));
                }
            }
            for (Future<FlywayMigrations.Migrated> one : all) {
                assertInstanceOf(FlywayMigrations.UpToDate.class, one.get(), () -> String.valueOf(one.resultNow()));
            }
            assertEquals(
                    "28000",
                    assertThrows(SQLException.class, () -> connect(plain, GATEWAY))
                            .getSQLState());
            // now that they are there, nobody needs the right to make them
            migrate(plain, "plain_owner");
            assertEquals(OF_GATEWAY, rights(plain, GATEWAY));
        } finally {
            server = shared;
        }
    }

    @Test
    void theyMayBeLetInBeforeTheFirstMigration() throws Exception {
        try (EmbeddedPostgres bare =
                EmbeddedPostgres.builder().setPort(FreePort.choose()).start()) {
            EmbeddedPostgres shared = server;
            server = bare;
            try {
                asAdmin("CREATE ROLE owner LOGIN CREATEROLE");
                String database = newDatabase("owner");
                execute(database, "owner", Files.readString(LOGINS));
                migrate(database, "owner");
                execute(database, PROCESSOR, "SELECT make_next_day_partition(3)");
                assertEquals(OF_GATEWAY, rights(database, GATEWAY));
            } finally {
                server = shared;
            }
        }
    }
}
