package dev.millrace.bench.processor;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Follows the commits of a backlog. The clock runs from the first commit that is seen to the last one, or to the end that is told, and counts what came
 * after the first: when it begins to read is not part of how fast it catches up.
 */
final class CatchUp {

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration MAX_TIME = Duration.ofMinutes(2);

    private long firstRows;
    private long firstNanos;
    private long lastRows;
    private long lastNanos;

    /** What is committed at an instant; those before the first commit are not told. */
    void seen(long rows, long nanos) {
        if (rows == 0) {
            return;
        }
        if (firstRows == 0) {
            firstRows = rows;
            firstNanos = nanos;
        }
        if (rows > lastRows) {
            lastRows = rows;
            lastNanos = nanos;
        }
    }

    /** The last step behind the last commit is done. */
    void ended(long nanos) {
        lastNanos = nanos;
    }

    /** Rows in a second. */
    double rate() {
        return (lastRows - firstRows) * 1e9 / (lastNanos - firstNanos);
    }

    /** Looks until a stream has so many user records more than before. */
    static CatchUp follow(PgTables tables, String stream, long before, long rows) throws SQLException {
        CatchUp catchUp = new CatchUp();
        long end = System.nanoTime() + MAX_TIME.toNanos();
        while (catchUp.lastRows < rows) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(catchUp.lastRows + " of " + rows + " rows in " + MAX_TIME);
            }
            catchUp.seen(tables.userRecords(stream) - before, System.nanoTime());
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return catchUp;
    }
}
