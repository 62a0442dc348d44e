package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.connect.PgPools;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Series;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The contract, and what only a database can get wrong. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgShardStoreIT extends ShardStoreContract {

    private final PgStores stores = new PgStores();
    private final PgTestDatabase database = stores.database();

    @BeforeAll
    void refuseTheSchemaOfAnotherTest() {
        assertEquals(0, database.count("sensor"));
    }

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

    private List<String> outbox() {
        return database.query("""
                SELECT o.event || ' ' || o.revision || ' ' || o.rule || ' ' || o.severity || ' ' || o.value || ' '
                    || extract(epoch FROM o.at - '%s')::int || ' to ' || coalesce(string_agg(d.destination, ' '), 'nobody')
                FROM alert_outbox o LEFT JOIN alert_delivery d USING (alert_id)
                GROUP BY o.alert_id ORDER BY o.at, o.revision""".formatted(PgTime.of(NOON))).stream()
                .map(row -> row.getString(0))
                .toList();
    }

    private static Work detected(String sequenceNumber, Series series, Sample... samples) {
        Detection detection = new Detection();
        for (Sample sample : samples) {
            feed(series, sample, detection);
        }
        return work(new Position(sequenceNumber, 0), List.of(samples), Map.of(), detection);
    }

    @Test
    void whatOpensAndEndsIsInTheOutboxWithItAndOnce() {
        ShardStore store = store();
        Progress start = progress(store);
        Series series = Series.fresh();

        Work opening = detected("1", series, number(TEMPERATURE, NOON, 95));
        rows(store.commit(start, opening));
        assertEquals(List.of("opened 1 high warning 95 0 to operations"), outbox());

        Work ending = detected("2", series, number(TEMPERATURE, NOON + 5_000_000, 20));
        rows(store.commit(progress(store), ending));
        List<String> both =
                List.of("opened 1 high warning 95 0 to operations", "resolved 2 high warning 95 5 to operations");
        assertEquals(both, outbox());

        // by whom the shard was taken from
        Work again = detected("1", Series.fresh(), number(TEMPERATURE, NOON, 95));
        assertInstanceOf(CommitResult.Fenced.class, store.commit(start, again));
        assertEquals(both, outbox());

        Work atOnce = detected(
                "3",
                series,
                number(TEMPERATURE, NOON + 1_000_000_000, 99),
                number(TEMPERATURE, NOON + 1_001_000_000, 20));
        rows(store.commit(progress(store), atOnce));
        assertEquals(
                List.of(
                        both.get(0),
                        both.get(1),
                        "opened 1 high warning 99 1000 to operations",
                        "resolved 2 high warning 99 1001 to operations"),
                outbox());
    }

    @Test
    void peopleAreToldOfTheEndOfAnAnomalyThatItsSeriesDoesNotKnow() {
        ShardStore store = store();
        SeriesId id = new SeriesId("press-4", "temperature");
        rows(store.commit(progress(store), work("1", number(id, NOON - 5, 95))));
        Series series = Series.fresh();
        feed(series, number(id, NOON, 20), new Detection());

        rows(store.commit(
                progress(store),
                snapshots(
                        progress(store).position(),
                        new Snapshots(
                                OptionalLong.empty(),
                                List.of(SeriesSnapshot.of(id, series)),
                                true,
                                Optional.empty(),
                                Optional.empty()))));

        assertEquals(1, database.count("""
                alert_outbox a JOIN anomaly n USING (anomaly_id, revision)
                WHERE a.event = 'resolved' AND a.at = n.closed_at"""));
    }

    /** G3: of two that race for every position, exactly one commits it, and nothing counts twice. */
    @Test
    void ofTwoWhoRaceForAPositionExactlyOneCommitsIt() throws Exception {
        int positions = 60;
        store();
        Callable<Integer> racer = () -> {
            ShardStore store = newStore(SHARD);
            int committed = 0;
            for (Progress from = progress(store); number(from) < positions; from = progress(store)) {
                int next = number(from) + 1;
                Sample sample = number(new SeriesId("racer-" + next % 7, "speed"), NOON + next, next);
                committed += store.commit(from, work(Integer.toString(next), sample)) instanceof CommitResult.Committed
                        ? 1
                        : 0;
            }
            store.close();
            return committed;
        };

        int committed = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> racers = List.of(threads.submit(racer), threads.submit(racer), threads.submit(racer));
            for (Future<Integer> one : racers) {
                committed += one.get();
            }
        }

        assertEquals(positions, committed);
        assertEquals(positions, content().userRecords());
        assertEquals(positions, database.count("measurement"));
    }

    private static int number(Progress progress) {
        String sequenceNumber = progress.position().sequenceNumber();
        return sequenceNumber.isEmpty() ? 0 : Integer.parseInt(sequenceNumber);
    }

    @Test
    void aCommitThatWaitsForAnotherFindsThePositionMovedOn() throws Exception {
        ShardStore first = store();
        Progress start = progress(first);
        var rival = database.pool().getConnection().await();
        var transaction = rival.begin().await();
        rival.query("UPDATE shard_progress SET sequence_number = '1', user_records = 1")
                .execute()
                .await();

        Future<CommitResult> waiting;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            waiting = threads.submit(() -> first.commit(start, work("1", number(TEMPERATURE, NOON, 1))));
            while (database.count("pg_stat_activity WHERE wait_event_type = 'Lock'") == 0) {
                LockSupport.parkNanos(2_000_000);
            }
            transaction.commit().await();
        }

        assertEquals(new CommitResult.Fenced(), waiting.get());
        assertEquals(0, database.count("measurement"));
        rival.close().await();
    }

    @Test
    void aConnectionThatIsCutCostsNoDataAndForgetsTheKeys() {
        ShardStore store = store();
        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));
        // a server that took over and has lost the last commits: the keys that were given out are gone, with the
        // position
        database.query("TRUNCATE sensor, metric, series, measurement RESTART IDENTITY");
        database.query("UPDATE shard_progress SET sequence_number = '', sub_sequence_number = 0, user_records = 0");
        database.query("INSERT INTO sensor (sensor_id) VALUES ('another')");
        database.query("INSERT INTO metric (name) VALUES ('another')");
        stores.cutAllOthers();

        Progress from = insistOnProgress(store);
        rows(store.commit(from, work("1", number(TEMPERATURE, NOON, 1))));

        assertEquals(1, content().userRecords());
        assertEquals(Set.of(TEMPERATURE), content().samples().keySet());
    }

    @Test
    void anOutageInTheMiddleOfACommitStoresAllOrNothing() {
        ShardStore store = store();
        Progress start = progress(store);
        database.query("ALTER TABLE state RENAME TO state_away");
        try {
            CommitResult result =
                    store.commit(start, work("1", number(TEMPERATURE, NOON, 1), text(STATUS, NOON, "RUNNING")));

            assertInstanceOf(CommitResult.Unavailable.class, result);
            assertEquals(0, database.count("measurement"));
        } finally {
            database.query("ALTER TABLE state_away RENAME TO state");
        }
        rows(store.commit(insistOnProgress(store), work("1", text(STATUS, NOON, "RUNNING"))));
        assertEquals(1, content().userRecords());
    }

    /**
     * G3 and G7: a server that ends the session between the position and the rows has stored neither. Were the rows sent over
     * another connection, they would commit there by themselves.
     */
    @Test
    void aConnectionThatIsCutInTheMiddleOfACommitStoresNothing() {
        ShardStore seed = store();
        Series series = Series.fresh();
        Detection opened = new Detection();
        feed(series, number(TEMPERATURE, NOON, 95), opened);
        rows(seed.commit(
                progress(seed), work(new Position("1", 0), List.of(number(TEMPERATURE, NOON, 95)), Map.of(), opened)));
        StoredContent before = content();
        Vertx vertx = Vertx.vertx();
        Pool pool = PgPools.create(vertx, database.config(), "cut", 2, Map.of());
        ShardStore store = new PgShardStore(
                pool, new ShardKey(PgStores.STREAM, PgStores.CREATED, SHARD), new PgAlerts(List.of()), () -> 100_000);
        Progress start = progress(store);
        SeriesId speed = new SeriesId("oven-1", "speed");
        // it closes the anomaly that is open, opens another one, and has rows of both kinds
        Detection detection = new Detection();
        feed(series, number(TEMPERATURE, NOON + 1, 50), detection);
        feed(series, number(TEMPERATURE, NOON + 2, 99), detection);
        List<Sample> samples = List.of(
                number(TEMPERATURE, NOON + 1, 50),
                number(TEMPERATURE, NOON + 2, 99),
                number(speed, NOON + 1, 3),
                text(STATUS, NOON + 1, "RUNNING"));
        // the first pass over the samples is for their keys, the second follows the position
        boolean[] cut = {false};
        List<Sample> cutting = new BeforeSecondPass(samples, () -> {
            assertEquals(
                    1,
                    database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND state = 'idle in transaction'")
                            .size());
            // until the client, too, knows
            while (pool.size() > 0) {
                LockSupport.parkNanos(2_000_000);
            }
            cut[0] = true;
        });

        assertInstanceOf(CommitResult.Unavailable.class, store.commit(start, work(cutting, detection)));

        assertTrue(cut[0]);
        assertEquals(before, content());

        assertEquals(start, insistOnProgress(store));
        assertEquals(4, rows(store.commit(start, work(samples, detection))));
        assertEquals(before.userRecords() + 4, content().userRecords());
        assertEquals(Set.of(TEMPERATURE, speed, STATUS), content().samples().keySet());
        assertEquals(
                Set.of(OptionalLong.of(NOON + 1), OptionalLong.empty()),
                content().anomalies().values().stream()
                        .map(StoredAnomaly::closedAt)
                        .collect(Collectors.toSet()));
        assertEquals(2, content().anomalies().size());

        store.close();
        pool.close().await();
        vertx.close().await();
    }

    private static Work work(List<Sample> samples, Detection detection) {
        return work(new Position("2", 0), samples, Map.of("oven-1", new Seen(NOON, NOON + 1)), detection);
    }

    /** A list that runs an action before it is gone through for the second time. */
    private static final class BeforeSecondPass extends AbstractList<Sample> {

        private final List<Sample> samples;
        private final Runnable action;
        private int passes;

        BeforeSecondPass(List<Sample> samples, Runnable action) {
            this.samples = samples;
            this.action = action;
        }

        @Override
        public Iterator<Sample> iterator() {
            if (++passes == 2) {
                action.run();
            }
            return samples.iterator();
        }

        @Override
        public Sample get(int index) {
            return samples.get(index);
        }

        @Override
        public int size() {
            return samples.size();
        }
    }

    @Test
    void keysAreCommittedBeforeTheBatchAndSurviveItsRollback() {
        ShardStore store = store();
        Progress stale = new Progress(Position.START, 0, false);

        assertEquals(new CommitResult.Fenced(), store.commit(stale, work("1", number(TEMPERATURE, NOON, 1))));

        assertEquals(1, database.count("sensor WHERE last_seen IS NULL"));
        assertEquals(1, database.count("series"));
        assertEquals(0, database.count("measurement"));
    }

    @Test
    void askingForKnownKeysUsesUpNoNumbers() {
        for (int i = 0; i < 5; i++) {
            ShardStore fresh = store();
            rows(fresh.commit(progress(fresh), work(Integer.toString(i), number(TEMPERATURE, NOON + i, i))));
        }
        ShardStore last = store();
        rows(last.commit(progress(last), work("9", number(new SeriesId("oven-2", "temperature"), NOON, 1))));

        Row keys = database.query("SELECT max(sensor_key) - min(sensor_key) FROM sensor")
                .iterator()
                .next();
        assertEquals(1, keys.getInteger(0));
    }

    @Test
    void aDeadLetterKeepsTheBytesAsTheyWere() {
        deadLettersAreKept();

        Row letter = database.query("SELECT data, field, reason FROM dead_letter ORDER BY sub_sequence_number DESC")
                .iterator()
                .next();
        assertEquals("not \0 json", letter.getBuffer(0).toString());
        assertEquals("a\uFFFD\uFFFD", letter.getString(1));
        assertEquals("invalid-reading", letter.getString(2));
    }

    @Test
    void aDeadLetterOfAMegabyteIsCut() {
        ShardStore store = store();
        byte[] data = new byte[1 << 20];
        UserRecord record = new UserRecord("key", HashKey.ofPartitionKey("key"), 0, data, 0, data.length);
        Position position = new Position("1", 0);

        rows(store.commit(
                progress(store),
                deadLetters(new DeadLetter(position, NOON, record, DeadLetter.Reason.TOO_LARGE, "", "too large"))));

        assertEquals(1, database.count("dead_letter WHERE length(data) = " + PgCommit.MAX_DEAD_LETTER_BYTES));
    }

    private Progress insistOnProgress(ShardStore store) {
        // the first use of a connection that was cut may meet the cut
        for (int i = 0; i < 100; i++) {
            if (store.state() instanceof Loaded.Found<ShardState>(ShardState found)) {
                return found.progress();
            }
        }
        throw new AssertionError("the store does not come back");
    }
}
