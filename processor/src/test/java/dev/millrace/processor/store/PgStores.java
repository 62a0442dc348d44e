package dev.millrace.processor.store;

import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.anomaly.Severity;
import java.util.ArrayList;
import java.util.List;

/** The stores of one stream in a database of their own, and what was opened of them. */
final class PgStores implements Stores, AutoCloseable {

    static final String STREAM = "stream";
    static final long CREATED = StoreContract.NOON;

    /** Who is told of anomalies. */
    static final PgAlerts ALERTS = new PgAlerts(
            List.of(new AlertRoute("operations", Severity.INFO), new AlertRoute("pager", Severity.CRITICAL)));

    private final PgTestDatabase database = new PgTestDatabase();
    private final List<Runnable> opened = new ArrayList<>();

    PgTestDatabase database() {
        return database;
    }

    @Override
    public synchronized ShardStore shard(String shardId) {
        ShardStore store =
                new PgShardStore(database.pool(), new ShardKey(STREAM, CREATED, shardId), ALERTS, () -> 100_000);
        opened.add(store::close);
        return store;
    }

    @Override
    public synchronized StreamStore stream() {
        StreamStore store = new PgStreamStore(database.pool(), STREAM, CREATED);
        opened.add(store::close);
        return store;
    }

    @Override
    public synchronized SensorStore sensors() {
        SensorStore store = new PgSensorStore(database.pool());
        opened.add(store::close);
        return store;
    }

    @Override
    public synchronized RuleStore rules() {
        RuleStore store = new PgRuleStore(database.pool());
        opened.add(store::close);
        return store;
    }

    @Override
    public StoredContent content(String shardId) {
        return database.content(new ShardKey(STREAM, CREATED, shardId));
    }

    /** Gives back what was opened, and forgets all that was stored. */
    synchronized void empty() {
        opened.forEach(Runnable::run);
        opened.clear();
        database.query(
                "TRUNCATE sensor, metric, series, measurement, state, anomaly, dead_letter, shard_progress,"
                        + " stream_start, gap, detector_snapshot, detector_journal, rule_set, alert_outbox, alert_message, alert_delivery, alert_destination");
    }

    /** Ends the sessions of all who use the database, but for the one that asks. */
    void cutAllOthers() {
        database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    @Override
    public void close() {
        database.close();
    }
}
