package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions in PostgreSQL. */
public final class PgPartitionStore implements PartitionStore {

    private static final Logger LOG = LoggerFactory.getLogger(PgPartitionStore.class);

    private static final String NEXT_PARTITION = "SELECT make_next_day_partition($1)";
    private static final String OLDEST_PARTITION = "SELECT drop_oldest_day_partition($1)";

    private final PgSession session;

    public PgPartitionStore(Pool pool) {
        this.session = new PgSession(pool, () -> {});
    }

    @Override
    public Loaded<Integer> make() {
        return dayByDay(NEXT_PARTITION, DAYS_AHEAD, "Made the partitions of {}");
    }

    @Override
    public Loaded<Integer> drop(int days) {
        return dayByDay(OLDEST_PARTITION, days, "Dropped the partitions of {} and what was older");
    }

    /** Each day in a transaction of its own, so that none holds its locks for long. */
    private Loaded<Integer> dayByDay(String sql, int days, String message) {
        return session.load(() -> {
            int count = 0;
            while (true) {
                LocalDate day =
                        session.query(sql, Tuple.of(days)).iterator().next().getLocalDate(0);
                if (day == null) {
                    return count;
                }
                LOG.info(message, day);
                count++;
            }
        });
    }

    @Override
    public void close() {
        session.close();
    }
}
