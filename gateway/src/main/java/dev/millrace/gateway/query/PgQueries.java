package dev.millrace.gateway.query;

import dev.millrace.core.ops.Availability;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Statements that are waited for no longer than a time-out, with their outages told. Thread-safe. */
final class PgQueries {

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String PART = "queries";

    private final Pool pool;
    private final Availability availability;
    private final Duration timeout;

    PgQueries(Pool pool, Availability availability, Duration timeout) {
        this.pool = pool;
        this.availability = availability;
        this.timeout = timeout;
    }

    /** The rows; fails with {@link StoreUnavailable} where they cannot be had now. */
    Future<RowSet<Row>> query(String sql, Tuple parameters) {
        return pool.preparedQuery(sql)
                .execute(parameters)
                // behind a network that has gone silent nobody else ends the waiting
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onSuccess(_ -> availability.worked(PART))
                .recover(cause -> {
                    if (isDefect(cause)) {
                        return Future.failedFuture(cause);
                    }
                    availability.failed(PART, cause.getClass().getSimpleName());
                    return Future.failedFuture(new StoreUnavailable(cause));
                });
    }

    /**
     * Whether PostgreSQL has refused the query itself; what else it answers, or that it does not, passes. So does that there is no
     * such table or column: a database whose schema a processor will make, or bring up to date.
     */
    private static boolean isDefect(Throwable cause) {
        return cause instanceof PgException refusal
                && !refusal.getSqlState().equals(UNDEFINED_TABLE)
                && !refusal.getSqlState().equals(UNDEFINED_COLUMN)
                && (refusal.getSqlState().startsWith("22")
                        || refusal.getSqlState().startsWith("42"));
    }

    static @Nullable OffsetDateTime optionalTime(OptionalLong micros) {
        return micros.isPresent() ? time(micros.getAsLong()) : null;
    }

    static OffsetDateTime time(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L)
                .atOffset(ZoneOffset.UTC);
    }

    static long micros(OffsetDateTime time) {
        return time.toEpochSecond() * 1_000_000L + time.getNano() / 1_000;
    }
}
