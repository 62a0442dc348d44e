package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.connect.PgPools;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Days that are dropped. Each test has a database that began ten days ago, with a row at each noon since and one long before. */
class PgPartitionIT {

    private static final int DAYS = 10;

    private final PgTestDatabase database = new PgTestDatabase();
    private final PartitionStore store = new PgPartitionStore(database.pool());
    private LocalDate today = LocalDate.now(ZoneOffset.UTC);

    /** As if the first migration had run ten days ago. */
    @BeforeEach
    void beginTenDaysAgo() {
        today = LocalDate.now(ZoneOffset.UTC);
        LocalDate first = today.minusDays(DAYS);
        for (String table : List.of("measurement", "state")) {
            database.query("DROP TABLE " + table + "_history");
            database.query("CREATE TABLE " + table + "_history PARTITION OF " + table
                    + " FOR VALUES FROM (MINVALUE) TO ('" + first + " 00:00:00Z')");
            for (LocalDate day = first; day.isBefore(today); day = day.plusDays(1)) {
                database.query("CREATE TABLE " + name(table, day) + " PARTITION OF " + table + " FOR VALUES FROM ('"
                        + day + " 00:00:00Z') TO ('" + day.plusDays(1) + " 00:00:00Z')");
            }
        }
        // a midnight that came before the partitions of today were made is of no matter: they reach days ahead
        for (int i = 0; i <= DAYS; i++) {
            insert(today.minusDays(i) + " 12:00:00Z");
        }
        insert("2001-01-01 12:00:00Z");
    }

    @AfterEach
    void close() {
        store.close();
        database.close();
    }

    private void insert(String at) {
        database.query("INSERT INTO measurement VALUES ('" + at + "', 1, 1, 1)");
        database.query("INSERT INTO state VALUES ('" + at + "', 1, 1, 'x')");
    }

    private static String name(String table, LocalDate day) {
        return table + "_" + day.format(DateTimeFormatter.BASIC_ISO_DATE);
    }

    @Test
    void daysThatAreOverForLongerAreDropped() {
        assertEquals(new Loaded.Found<>(0), store.drop(DAYS));

        // the first day was over nine days ago as today began
        assertEquals(new Loaded.Found<>(1), store.drop(DAYS - 1));

        assertEquals(DAYS, database.count("measurement"));
        assertEquals(DAYS, database.count("state"));
        assertEquals(0, database.count("measurement WHERE at < '" + today.minusDays(DAYS - 1) + " 00:00:00Z'"));
        assertEquals(new Loaded.Found<>(0), store.drop(DAYS - 1));
        assertEquals(new Loaded.Found<>(DAYS - 2), store.drop(1));
        assertEquals(2, database.count("measurement"));
        assertEquals(2, database.count("state"));
    }

    @Test
    void whatComesLateFindsAPlaceAndGoesWithTheNextDay() {
        store.drop(5);
        List<String> late = List.of(
                "0001-01-01 00:00:00Z",
                today.minusDays(8) + " 12:00:00Z",
                today.minusDays(6) + " 23:59:59.999999Z",
                today.minusDays(5) + " 00:00:00Z");
        long before = database.count("measurement");

        late.forEach(this::insert);

        assertEquals(before + 4, database.count("measurement"));
        assertEquals(3, database.count("measurement_history"));
        assertEquals(3, database.count("state_history"));
        assertEquals(new Loaded.Found<>(0), store.drop(5));
        assertEquals(before + 4, database.count("measurement"));

        assertEquals(new Loaded.Found<>(1), store.drop(4));
        assertEquals(0, database.count("measurement_history"));
        assertEquals(before - 1, database.count("measurement"));
    }

    /** As when nothing ran for months: no day is left, and the days ahead are still made after the last. */
    @Test
    void allDaysMayBeOld() {
        for (LocalDate day = today; !day.isAfter(today.plusDays(4)); day = day.plusDays(1)) {
            database.query("DROP TABLE IF EXISTS " + name("measurement", day));
            database.query("DROP TABLE IF EXISTS " + name("state", day));
        }
        // the last day is yesterday but five, which may be none for a database that is older
        for (int i = 1; i <= 5; i++) {
            database.query("DROP TABLE " + name("measurement", today.minusDays(i)));
            database.query("DROP TABLE " + name("state", today.minusDays(i)));
        }

        assertEquals(new Loaded.Found<>(DAYS - 5), store.drop(1));
        assertEquals(0, database.count("measurement"));
        assertEquals(1, database.count("pg_inherits WHERE inhparent = 'measurement'::regclass"));
        insert(today.minusDays(6) + " 12:00:00Z");

        assertInstanceOf(Loaded.Found.class, store.make());

        insert(today.minusDays(3) + " 12:00:00Z");
        insert("2001-01-01 12:00:00Z");
        insert(today.plusDays(2) + " 12:00:00Z");
        assertEquals(4, database.count("measurement"));
        assertEquals(4, database.count("state"));
        assertEquals(2, database.count("measurement_history"));
        assertEquals(new Loaded.Found<>(0), store.make());
    }

    @Test
    void severalMayDropAndMakeAtOnce() throws Exception {
        List<Future<Loaded<Integer>>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                PartitionStore another = new PgPartitionStore(database.pool());
                boolean drops = i % 2 == 0;
                all.add(threads.submit(() -> drops ? another.drop(1) : another.make()));
            }
        }
        int dropped = 0;
        for (int i = 0; i < 4; i += 2) {
            dropped += (Integer)
                    assertInstanceOf(Loaded.Found.class, all.get(i).get()).value();
        }
        assertEquals(DAYS - 1, dropped);
    }

    /** A commit that holds rows of the day up is waited for, but not for long; and nothing is half done. */
    @Test
    void aTableThatIsInUseIsNotWaitedForLong() {
        var user = database.pool().getConnection().await();
        var transaction = user.begin().await();
        user.query("SELECT count(*) FROM state").execute().await();

        assertInstanceOf(Loaded.Unavailable.class, store.drop(1));

        transaction.rollback().await();
        user.close().await();
        assertEquals(DAYS + 2, database.count("measurement"));
        assertEquals(new Loaded.Found<>(DAYS - 1), store.drop(1));
    }

    @Test
    void theProcessorMayDropDaysButNotDeleteRowsOrTables() throws Exception {
        String role = "dropper_of_" + database.config().database();
        database.query("CREATE ROLE " + role + " LOGIN");
        database.query("GRANT USAGE ON SCHEMA public TO " + role);
        database.query("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO " + role);
        Vertx vertx = Vertx.vertx();
        Pool pool = PgPools.create(vertx, PgTestServer.login(database.config().database(), role), "test", 2, Map.of());
        PartitionStore own = new PgPartitionStore(pool);

        assertInstanceOf(Loaded.Unavailable.class, own.drop(1));
        database.query("GRANT EXECUTE ON FUNCTION drop_oldest_day_partition(integer) TO " + role);
        assertEquals(new Loaded.Found<>(DAYS - 1), own.drop(1));
        for (String sql : List.of(
                "DELETE FROM measurement",
                "DROP TABLE " + name("measurement", today),
                "TRUNCATE measurement",
                "SELECT drop_oldest_day_partition(0)",
                "SELECT drop_oldest_day_partition(NULL)")) {
            assertThrows(PgException.class, () -> pool.query(sql).execute().await());
        }
        // what was made anew is written through the parent, for which the rights are
        pool.query("INSERT INTO measurement VALUES ('2001-01-01 12:00:00Z', 1, 1, 1)")
                .execute()
                .await();

        own.close();
        pool.close().await();
        vertx.close().await();
    }
}
