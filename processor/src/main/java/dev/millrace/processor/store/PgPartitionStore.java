package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions in PostgreSQL. */
public final class PgPartitionStore implements PartitionStore {

    private static final Logger LOG = LoggerFactory.getLogger(PgPartitionStore.class);

    private static final String NEXT_PARTITION = "SELECT make_next_day_partition($1)";

    private final PgSession session;

    public PgPartitionStore(Pool pool) {
        this.session = new PgSession(pool, () -> {});
    }

    @Override
    public Loaded<Integer> make() {
        return load(() -> {
            int made = 0;
            while (true) {
                LocalDate day = session.query(NEXT_PARTITION, Tuple.of(DAYS_AHEAD))
                        .iterator()
                        .next()
                        .getLocalDate(0);
                if (day == null) {
                    return made;
                }
                LOG.info("Made the partitions of {}", day);
                made++;
            }
        });
    }

    @Override
    public Loaded<Integer> drop(int days) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        session.drop();
    }

    private <T> Loaded<T> load(Supplier<T> query) {
        try {
            return new Loaded.Found<>(query.get());
        } catch (RuntimeException e) {
            session.drop();
            return new Loaded.Unavailable<>(PgSession.reason(e));
        }
    }
}
