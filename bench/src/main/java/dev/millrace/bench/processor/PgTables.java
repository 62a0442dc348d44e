package dev.millrace.bench.processor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** What a benchmark asks of the database, and does to it between rounds. */
final class PgTables implements AutoCloseable {

    /**
     * What the reading of a shard has come to.
     *
     * @param userRecords committed since the shard's beginning
     * @param owner empty where there is none
     */
    record Progress(long userRecords, String owner) {}

    private final Connection connection;
    private final PreparedStatement progress;

    PgTables(Map<String, String> settings) throws SQLException {
        connection = PgLogin.connect(settings);
        progress = connection.prepareStatement(
                "SELECT shard_id, user_records, owner FROM shard_progress WHERE stream = ?");
    }

    /** Where the shards of a stream stand, by their ids. */
    Map<String, Progress> progress(String stream) throws SQLException {
        progress.setString(1, stream);
        Map<String, Progress> shards = new HashMap<>();
        try (ResultSet found = progress.executeQuery()) {
            while (found.next()) {
                String owner = found.getString(3);
                shards.put(found.getString(1), new Progress(found.getLong(2), owner == null ? "" : owner));
            }
        }
        return shards;
    }

    /** User records of all shards of a stream. */
    long userRecords(String stream) throws SQLException {
        return progress(stream).values().stream()
                .mapToLong(Progress::userRecords)
                .sum();
    }

    long measurements() throws SQLException {
        return number("SELECT count(*) FROM measurement");
    }

    long anomalies() throws SQLException {
        return number("SELECT count(*) FROM anomaly");
    }

    /** The server's main process, of which all others are children. */
    long serverProcess() throws SQLException {
        return ProcessHandle.of(number("SELECT pg_backend_pid()"))
                .flatMap(ProcessHandle::parent)
                .orElseThrow()
                .pid();
    }

    /**
     * Empties the tables of rows, and packs those that hold keys and positions, which stay: no round finds what the one before
     * left behind.
     */
    void tidy() throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("TRUNCATE measurement, state, anomaly, dead_letter");
            statement.execute("DELETE FROM shard_progress WHERE stream = '" + BareWriter.STREAM + "'");
            statement.execute("VACUUM FULL ANALYZE sensor");
            statement.execute("VACUUM FULL ANALYZE series");
            statement.execute("VACUUM FULL ANALYZE shard_progress");
        }
    }

    private long number(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            found.next();
            return found.getLong(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
