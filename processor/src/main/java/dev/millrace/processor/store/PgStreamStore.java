package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is kept of a stream in PostgreSQL, and the partitions of the tables. */
public final class PgStreamStore implements StreamStore {

    private static final Logger LOG = LoggerFactory.getLogger(PgStreamStore.class);

    private static final String CLOSED =
            "SELECT shard_id FROM shard_progress WHERE stream = $1 AND stream_created = $2 AND closed";
    private static final String NEXT_PARTITION = "SELECT make_next_day_partition($1)";

    private final PgSession session;

    public PgStreamStore(Pool pool) {
        this.session = new PgSession(pool, () -> {});
    }

    @Override
    public Loaded<Set<String>> closedShards(String stream, long streamCreated) {
        return load(() -> {
            Set<String> shardIds = new HashSet<>();
            for (Row row : session.query(CLOSED, Tuple.of(stream, PgTime.of(streamCreated)))) {
                shardIds.add(row.getString(0));
            }
            return shardIds;
        });
    }

    @Override
    public Loaded<Integer> makePartitions() {
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

    private <T> Loaded<T> load(Supplier<T> query) {
        try {
            return new Loaded.Found<>(query.get());
        } catch (RuntimeException e) {
            session.drop();
            return new Loaded.Unavailable<>(PgSession.reason(e));
        }
    }
}
