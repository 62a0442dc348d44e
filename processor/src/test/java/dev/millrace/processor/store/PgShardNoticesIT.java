package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.PgNotifications;
import dev.millrace.core.connect.PgPools;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Waking by NOTIFY. */
class PgShardNoticesIT extends StoreContract {

    private static final String LISTENERS =
            "pg_stat_activity WHERE application_name = 'listen' AND query LIKE 'LISTEN%'";

    private final PgStores stores = new PgStores();
    private final PgTestDatabase database = stores.database();
    private final Vertx vertx = Vertx.vertx();
    private final Pool pool = PgPools.create(vertx, database.config(), "listen", 2, Map.of());
    private final Semaphore woken = new Semaphore(0);
    private final PgShardNotices notifications = new PgShardNotices(vertx, pool, woken::release, new Random(1));

    @BeforeEach
    void listen() {
        notifications.start();
        awaitWoken();
    }

    @AfterEach
    void close() {
        notifications.close().await();
        pool.close().await();
        vertx.close().await();
        stores.close();
    }

    private void awaitWoken() {
        try {
            assertTrue(woken.tryAcquire(60, TimeUnit.SECONDS), "nobody was woken");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected Stores stores() {
        return stores;
    }

    @Test
    void whoGivesAShardUpWakesTheOthers() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));
        assertEquals(0, woken.availablePermits());

        found(store.release(progress(store).epoch()));

        awaitWoken();
    }

    @Test
    void whoReadsAShardOutWakesTheOthers() {
        ShardStore store = store();

        rows(store.commit(progress(store), end(Position.START)));

        awaitWoken();
    }

    @Test
    void aReleaseThatIsFencedWakesNobody() {
        ShardStore store = store();
        found(store.release(progress(store).epoch() - 1));
        assertFenced(store.commit(new Progress(Position.START, 0, false), end(Position.START)));

        // what is told later comes later: this is the first
        database.query("NOTIFY millrace_shards, 'later'");
        awaitWoken();
        assertEquals(0, woken.availablePermits());
    }

    /** After each new connection it wakes, since something may have been told meanwhile. */
    @Test
    void itListensAgainAfterItsConnectionWasCut() {
        for (int i = 0; i < 3; i++) {
            database.query("SELECT pg_terminate_backend(pid) FROM " + LISTENERS);
            awaitWoken();
        }
        assertEquals(1, database.count(LISTENERS));

        database.query("NOTIFY millrace_shards, 'x'");
        awaitWoken();
        assertEquals(0, woken.availablePermits());
    }

    @Test
    void itWaitsOutAnOutage() {
        // so that the test has a connection when there are no new ones
        assertEquals(1, database.count(LISTENERS));
        String alter = "ALTER DATABASE " + database.config().database() + " ALLOW_CONNECTIONS ";
        Pool admin = PgPools.create(vertx, PgTestServer.login("postgres", "postgres"), "admin", 1, Map.of());
        admin.query(alter + "false").execute().await();
        database.query("SELECT pg_terminate_backend(pid) FROM " + LISTENERS);
        while (database.count(LISTENERS) != 0) {
            LockSupport.parkNanos(2_000_000);
        }
        assertEquals(0, woken.availablePermits());
        admin.query(alter + "true").execute().await();
        admin.close().await();

        awaitWoken();
        assertEquals(1, database.count(LISTENERS));
    }

    /** As behind a fail-over that leaves the old connection standing. */
    @Test
    void itListensAgainWhereItsServerSaysNothingAnyMore() throws Exception {
        notifications.close().await();
        PgShardNotices checking =
                new PgShardNotices(vertx, pool, woken::release, new Random(1), new PgNotifications.Pace(100, 500));
        checking.start();
        awaitWoken();
        String server = database.query("SELECT pid::text FROM pg_stat_activity WHERE application_name = 'listen'"
                        + " AND query IN ('LISTEN millrace_shards', 'SELECT 1')")
                .iterator()
                .next()
                .getString(0);
        signal("STOP", server);
        try {
            awaitWoken();
        } finally {
            signal("CONT", server);
            checking.close().await();
        }
    }

    private static void signal(String name, String process) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + name, process)
                        .inheritIO()
                        .start()
                        .waitFor());
    }

    @Test
    void whatIsClosedListensNoMore() {
        notifications.close().await();

        assertEquals(0, database.count(LISTENERS));
        var connection = pool.getConnection().await();
        assertEquals(
                0,
                connection
                        .query("SELECT pg_listening_channels()")
                        .execute()
                        .await()
                        .size());
        connection.close().await();
    }
}
