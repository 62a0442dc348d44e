package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.connect.PgPools;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Migrations and partitions. */
class PgSchemaIT {

    @Test
    void severalProcessesMayMigrateAtOnce() throws Exception {
        DatabaseConfig database = PgTestServer.newDatabase();

        List<Future<FlywayMigrations.Migrated>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(() -> new FlywayMigrations(database).migrate()));
            }
        }

        int applied = 0;
        for (Future<FlywayMigrations.Migrated> one : all) {
            applied +=
                    assertInstanceOf(FlywayMigrations.UpToDate.class, one.get()).applied();
        }
        // each migration by one of them
        try (Stream<Path> migrations = Files.list(Path.of("src", "main", "resources", "db", "migration"))) {
            assertEquals(migrations.count(), applied);
        }
    }

    @Test
    void aDatabaseThatIsAwayIsAnAnswer() {
        DatabaseConfig nobody =
                new DatabaseConfig("localhost", 1, "none", "nobody", "secret", DatabaseConfig.SslMode.DISABLE);

        FlywayMigrations.Failed failed =
                assertInstanceOf(FlywayMigrations.Failed.class, new FlywayMigrations(nobody).migrate());

        assertTrue(failed.reason().contains("refused"), failed::reason);
    }

    @Test
    void aMigrationMayTakeItsTimeButAServerThatVanishesIsFound() {
        DatabaseConfig database = PgTestServer.newDatabase();

        PGSimpleDataSource source = new FlywayMigrations(database).dataSource(database.login());

        assertTrue(source.getTcpKeepAlive());
        assertEquals(10, source.getConnectTimeout());
        assertEquals(0, source.getSocketTimeout());
    }

    @Test
    void makesTheDaysAheadOnceAndWhatWasMissedMeanwhile() throws Exception {
        onOneDay((database, today) -> {
            PgPartitionStore store = new PgPartitionStore(database.pool());

            assertEquals(new Loaded.Found<>(0), store.make());
            assertEquals(days(today, PartitionStore.DAYS_AHEAD), partitions(database, "measurement"));
            assertEquals(days(today, PartitionStore.DAYS_AHEAD), partitions(database, "state"));

            // as if nobody had run for days: the newest are missing, on both sides of today
            for (LocalDate day : List.of(today.plusDays(3), today.plusDays(2), today.plusDays(1), today)) {
                drop(database, "measurement", day);
                drop(database, "state", day);
            }
            assertEquals(new Loaded.Found<>(4), store.make());
            assertEquals(days(today, PartitionStore.DAYS_AHEAD), partitions(database, "measurement"));
        });
    }

    @Test
    void everyTimeHasAPartitionThatAReadingMayHave() throws Exception {
        onOneDay((database, today) -> {
            for (String at : List.of(
                    "'0001-01-01T00:00:00Z'",
                    "now()",
                    "now() + interval '2 days'",
                    "date_trunc('day', now(), 'UTC')",
                    "date_trunc('day', now(), 'UTC') - interval '1 microsecond'")) {
                database.query("INSERT INTO measurement VALUES (" + at + ", 1, 1, 1)");
                database.query("INSERT INTO state VALUES (" + at + ", 1, 1, 'x')");
            }
            assertEquals(5, database.count("measurement"));
            assertEquals(2, database.count("measurement_history"));
        });
    }

    @Test
    void aRoleWithoutRightsToTheSchemaMakesPartitionsWhereItMayCallTheFunction() throws Exception {
        onOneDay((database, today) -> {
            String role = "service_of_" + database.config().database();
            database.query("CREATE ROLE " + role + " LOGIN");
            database.query("GRANT USAGE ON SCHEMA public TO " + role);
            drop(database, "measurement", today.plusDays(3));
            drop(database, "state", today.plusDays(3));
            Vertx vertx = Vertx.vertx();
            Pool pool =
                    PgPools.create(vertx, PgTestServer.login(database.config().database(), role), "test", 2, Map.of());

            assertInstanceOf(Loaded.Unavailable.class, new PgPartitionStore(pool).make());
            database.query("GRANT EXECUTE ON FUNCTION make_next_day_partition(integer) TO " + role);
            assertEquals(new Loaded.Found<>(1), new PgPartitionStore(pool).make());
            assertThrows(
                    PgException.class,
                    () -> pool.query("CREATE TABLE t (a int)").execute().await());
            assertThrows(PgException.class, () -> pool.query("SELECT make_next_day_partition(1000)")
                    .execute()
                    .await());

            pool.close().await();
            vertx.close().await();
        });
    }

    @Test
    void severalMayMakePartitionsAtOnce() throws Exception {
        onOneDay((database, today) -> {
            for (int ahead = 0; ahead <= 3; ahead++) {
                drop(database, "measurement", today.plusDays(ahead));
                drop(database, "state", today.plusDays(ahead));
            }
            int made = 0;
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Loaded<Integer>>> all = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    all.add(threads.submit(() -> new PgPartitionStore(database.pool()).make()));
                }
                for (Future<Loaded<Integer>> one : all) {
                    made += (Integer)
                            assertInstanceOf(Loaded.Found.class, one.get()).value();
                }
            }
            assertEquals(4, made);
        });
    }

    /** What is done with a database that was made today. */
    private interface OfADay {
        void accept(PgTestDatabase database, LocalDate today) throws Exception;
    }

    /** Once more where midnight (UTC) came in between. The server is on this machine, so that both have one clock. */
    private static void onOneDay(OfADay test) throws Exception {
        while (true) {
            LocalDate today = LocalDate.now(ZoneOffset.UTC);
            try (PgTestDatabase database = new PgTestDatabase()) {
                test.accept(database, today);
            } catch (Exception | AssertionError e) {
                if (today.equals(LocalDate.now(ZoneOffset.UTC))) {
                    throw e;
                }
            }
            if (today.equals(LocalDate.now(ZoneOffset.UTC))) {
                return;
            }
        }
    }

    private static void drop(PgTestDatabase database, String table, LocalDate day) {
        database.query("DROP TABLE " + name(table, day));
    }

    private static String name(String table, LocalDate day) {
        return table + "_" + day.format(DateTimeFormatter.BASIC_ISO_DATE);
    }

    private static List<LocalDate> days(LocalDate first, int ahead) {
        return first.datesUntil(first.plusDays(ahead + 1L)).toList();
    }

    private static List<LocalDate> partitions(PgTestDatabase database, String table) {
        List<LocalDate> days = new ArrayList<>();
        for (Row row :
                database.query("SELECT substring(inhrelid::regclass::text FROM '[0-9]{8}$')::date FROM pg_inherits"
                        + " WHERE inhparent = '" + table
                        + "'::regclass AND inhrelid::regclass::text ~ '[0-9]{8}$' ORDER BY 1")) {
            days.add(row.getLocalDate(0));
        }
        return days;
    }
}
