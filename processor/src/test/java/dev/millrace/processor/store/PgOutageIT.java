package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.PgPools;
import dev.millrace.processor.anomaly.SeriesId;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shard's store answers when PostgreSQL refuses, hangs or goes away: poison, an outage, or an unknown outcome. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgOutageIT extends StoreContract {

    private final PgStores stores = new PgStores();
    private final PgTestDatabase database = stores.database();

    @BeforeEach
    void empty() {
        stores.empty();
    }

    @AfterAll
    void close() {
        stores.close();
    }

    @Override
    protected Stores stores() {
        return stores;
    }

    private void onInsert(String table, String body) {
        database.query("CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body
                + " RETURN NEW; END $$");
        database.query("CREATE TRIGGER fault BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION fault()");
    }

    private void heal(String table) {
        database.query("DROP TRIGGER IF EXISTS fault ON " + table);
        database.query("DROP TRIGGER IF EXISTS fault_at_commit ON " + table);
    }

    /**
     * Serialization, deadlock, read-only, disk full, memory, connections, locks, cancelled, start, disk, network, rights, ours.
     * Not 57P01, after which the client waits for the connection to end: that is tried for real below.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "40001", "40P01", "25006", "53100", "53200", "53300", "53400", "55P03", "57014", "57P03", "58030",
                "08006", "42501", "42P01", "54000", "0A000", "XX000", "P0001"
            })
    void whatPassesIsAnOutage(String sqlState) {
        ShardStore store = store();
        ShardState before = state(store);
        onInsert("state", "RAISE EXCEPTION 'kept secret 4711' USING ERRCODE = '" + sqlState + "';");
        try {
            CommitResult result = store.commit(
                    before.progress(), work("1", number(TEMPERATURE, NOON, 1), text(STATUS, NOON, "RUNNING")));

            CommitResult.Unavailable away = assertInstanceOf(CommitResult.Unavailable.class, result);
            assertTrue(away.reason().contains(sqlState), away::reason);
            assertEquals(Map.of(), content().samples());
        } finally {
            heal("state");
        }
        assertEquals(before, state(store));
        assertEquals(1, rows(store.commit(before.progress(), work("1", text(STATUS, NOON, "RUNNING")))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"22000", "22003", "22021", "22P02", "23000", "23502", "23503", "23P01"})
    void whatARowCausesIsPoison(String sqlState) {
        ShardStore store = store();
        ShardState before = state(store);
        onInsert(
                "state", "RAISE EXCEPTION 'kept secret 4711' USING ERRCODE = '" + sqlState + "', DETAIL = 'and 4712';");
        try {
            CommitResult result = store.commit(
                    before.progress(), work("1", number(TEMPERATURE, NOON, 1), text(STATUS, NOON, "RUNNING")));

            CommitResult.Refused refused = assertInstanceOf(CommitResult.Refused.class, result);
            assertEquals(sqlState, refused.sqlState());
            assertTrue(refused.reason().contains(sqlState), refused::reason);
            assertFalse(refused.reason().contains("471"), refused::reason);
            assertEquals(Map.of(), content().samples());
            // the same connection serves what can be stored
            assertEquals(1, rows(store.commit(before.progress(), work("1", number(new SeriesId("a", "b"), NOON, 1)))));
        } finally {
            heal("state");
        }
    }

    /** The statement that moves the position holds nothing of a reading: no search among readings would mend it. */
    @Test
    void whatTheProgressItselfIsRefusedForIsAnOutage() {
        ShardStore store = store();
        Progress from = progress(store);
        database.query("ALTER TABLE shard_progress ADD CONSTRAINT no_end CHECK (NOT closed)");
        try {
            assertInstanceOf(CommitResult.Unavailable.class, store.commit(from, end(Position.START)));
        } finally {
            database.query("ALTER TABLE shard_progress DROP CONSTRAINT no_end");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ADD CONSTRAINT warm CHECK (value > 0), 23514, 'constraint warm of table measurement_'",
        "ALTER value SET DATA TYPE real, 22003, 'a value cannot be stored'"
    })
    void constraintsAreTold(String change, String sqlState, String words) {
        ShardStore store = store();
        database.query("ALTER TABLE measurement " + change);
        try {
            CommitResult result = store.commit(
                    progress(store),
                    work("1", number(TEMPERATURE, NOON, sqlState.equals("23514") ? -4711 : 4.711e300)));

            CommitResult.Refused refused = assertInstanceOf(CommitResult.Refused.class, result);
            assertEquals(sqlState, refused.sqlState());
            assertTrue(refused.reason().startsWith(words), refused::reason);
            assertFalse(refused.reason().contains("4711"), refused::reason);
        } finally {
            database.query("ALTER TABLE measurement ALTER value SET DATA TYPE float8, DROP CONSTRAINT IF EXISTS warm");
        }
    }

    @Test
    void aPartitionThatIsMissingIsAnOutage() {
        ShardStore store = store();
        long inTenYears = System.currentTimeMillis() * 1_000 + 10L * 365 * 86_400 * 1_000_000;

        CommitResult result = store.commit(progress(store), work("1", number(TEMPERATURE, inTenYears, 1)));

        CommitResult.Unavailable away = assertInstanceOf(CommitResult.Unavailable.class, result);
        assertEquals("a partition is missing for a row's time in table measurement (SQLSTATE 23514)", away.reason());
    }

    /** Another server may have the primary's place meanwhile: the next use must not lead to the one that only reads. */
    @Test
    void aConnectionThatOnlyReadsIsLeft() {
        Vertx vertx = Vertx.vertx();
        Pool pool = PgPools.create(vertx, database.config(), "reads", 3, Map.of());
        ShardStore store = new PgShardStore(
                pool, new ShardKey(PgStores.STREAM, PgStores.CREATED, SHARD), new PgAlerts(List.of()), () -> 100_000);
        take(newStream(), SHARD, "me");
        database.query("ALTER DATABASE " + database.config().database() + " SET default_transaction_read_only = on");
        Progress from;
        try {
            from = progress(store);
        } finally {
            database.query("ALTER DATABASE " + database.config().database() + " RESET default_transaction_read_only");
        }

        CommitResult.Unavailable away = assertInstanceOf(
                CommitResult.Unavailable.class, store.commit(from, work("1", number(TEMPERATURE, NOON, 1))));

        assertTrue(away.reason().contains("25006"), away::reason);
        awaitCount(0, "pg_stat_activity WHERE application_name = 'reads'");
        assertEquals(1, rows(store.commit(from, work("1", number(TEMPERATURE, NOON, 1)))));
        store.close();
        pool.close().await();
        vertx.close().await();
    }

    /** The session ends as it commits, before anything is on disk. */
    @Test
    void aCommitThatIsCutBeforeItIsDurableStoresNothing() {
        ShardStore store = store();
        ShardState before = state(store);
        database.query("CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
        database.query("CREATE CONSTRAINT TRIGGER fault_at_commit AFTER UPDATE ON shard_progress"
                + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()");
        try {
            assertOutcomeUnknown(store.commit(before.progress(), work("1", number(TEMPERATURE, NOON, 1))));
        } finally {
            heal("shard_progress");
        }

        assertEquals(before, state(store));
        assertEquals(Map.of(), content().samples());
        assertEquals(1, rows(store.commit(before.progress(), work("1", number(TEMPERATURE, NOON, 1)))));
    }

    /** It is on disk, and the session ends before it says so: it waits for a standby that there is not. */
    @Test
    void aCommitThatIsCutOnceItIsDurableIsFoundByItsPosition() throws Exception {
        ShardStore store = store();
        Progress start = progress(store);
        // its keys are there, so that nothing but the commit waits
        rows(store.commit(start, numbered(1)));
        AtomicInteger number = new AtomicInteger(1);
        AtomicReference<Progress> last = new AtomicReference<>(progress(store));
        standby("nobody");
        CommitResult unknown;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // the server's processes learn of it one after the other: the first commits may still pass
            Future<CommitResult> waiting = threads.submit(() -> {
                CommitResult result = null;
                while (result == null || result instanceof CommitResult.Committed) {
                    result = store.commit(last.get(), numbered(number.incrementAndGet()));
                    if (result instanceof CommitResult.Committed) {
                        last.set(start.at(numbered(number.get()).position(), false));
                    }
                }
                return result;
            });
            awaitCount(1, "pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'");
            database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
            unknown = waiting.get();
        } finally {
            standby("");
        }

        assertOutcomeUnknown(unknown);
        assertEquals(numbered(number.get()).position(), progress(store).position());
        assertFenced(store.commit(last.get(), numbered(number.get())));
        assertEquals(number.get(), content().userRecords());
        assertEquals(number.get(), database.count("measurement"));
    }

    private static Work numbered(int number) {
        return work(Integer.toString(number), number(TEMPERATURE, NOON + number, 1));
    }

    private void standby(String name) {
        database.query("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
        database.query("SELECT pg_reload_conf()");
        while (!database.query("SHOW synchronous_standby_names")
                .iterator()
                .next()
                .getString(0)
                .equals(name)) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static void assertOutcomeUnknown(CommitResult result) {
        CommitResult.Unavailable away = assertInstanceOf(CommitResult.Unavailable.class, result);
        assertTrue(away.reason().startsWith("the outcome of a commit is unknown: "), away::reason);
    }

    /** A process that is stopped inside its transaction holds nobody up. */
    @Test
    void aSessionThatHangsInATransactionLosesTheRow() {
        ShardStore store = store();
        ShardState seen = state(store);
        Vertx vertx = Vertx.vertx();
        Pool zombie = PgPools.create(
                vertx, database.config(), "zombie", 1, Map.of("idle_in_transaction_session_timeout", "1000"));
        Pool own = PgPools.create(vertx, database.config(), "own", 1, Map.of("lock_timeout", "100"));
        StreamStore stream = new PgStreamStore(own, PgStores.STREAM, PgStores.CREATED);
        var hanging = zombie.getConnection().await();
        hanging.begin().await();
        hanging.query("UPDATE shard_progress SET sequence_number = '1', beat = beat + 1")
                .execute()
                .await();

        int inVain = 0;
        Optional<Long> epoch = found(stream.take(SHARD, Optional.of(seen), "another"));
        while (epoch.isEmpty()) {
            inVain++;
            epoch = found(stream.take(SHARD, Optional.of(seen), "another"));
        }

        assertTrue(inVain > 0);
        assertEquals(Optional.of("another"), state(store).owner());
        assertEquals(Position.START, progress(store).position());
        assertEquals(epoch.get(), progress(store).epoch());
        stream.close();
        own.close().await();
        zombie.close().await();
        vertx.close().await();
    }

    @Test
    void theFirstVersionRunsOnWithTheNewSchema() {
        database.query(
                "INSERT INTO shard_progress (stream, stream_created, shard_id, owner) VALUES ('" + PgStores.STREAM
                        + "', timestamptz '1970-01-01 00:00:00Z' + interval '1 second' * "
                        + PgStores.CREATED / 1_000_000 + ", '" + SHARD
                        + "', 'old')");
        database.query("UPDATE shard_progress SET sequence_number = '5', owner = 'old', user_records = 5");

        assertEquals(
                new ShardState(
                        new Progress(new Position("5", 0), 1, false),
                        Optional.of("old"),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        0,
                        DetectorState.NONE),
                state(newStore(SHARD)));
        assertTrue(take(newStream(), SHARD, "new") > 1);
    }

    private void awaitCount(long count, String from) {
        while (database.count(from) != count) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** Neither is its place lost nor is the next user given what is about to end. */
    @Test
    void aSessionThatWasPartedWithMakesRoomForAnother() {
        Vertx vertx = Vertx.vertx();
        Pool one = PgPools.create(vertx, database.config(), "one", 1, Map.of());
        PgSession session = new PgSession(one, () -> {});
        for (int i = 0; i < 20; i++) {
            assertInstanceOf(
                    Loaded.Unavailable.class, session.load(() -> session.query("SELECT 1 / 0", Tuple.tuple())));
            assertInstanceOf(Loaded.Found.class, session.load(() -> session.query("SELECT 1", Tuple.tuple())));
        }
        session.close();
        one.close().await();
        vertx.close().await();
    }
}
