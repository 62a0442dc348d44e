package dev.millrace.gateway.device;

import dev.millrace.core.ops.Availability;
import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.limit.Rate;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The registry in PostgreSQL. Gateways learn of its changes by triggers ({@link PgDeviceFeed}), whoever makes them. */
public final class PgDeviceRegistry implements DeviceRegistry {

    /** What happened to a device, as the audit has it. */
    private enum Action {
        DEVICE_REGISTERED,
        DEVICE_CHANGED,
        DEVICE_REMOVED,
        KEY_GIVEN,
        KEY_TAKEN;

        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** The most keys of a device that are kept, with those that have expired: the oldest of these goes for a new one. */
    private static final int MAX_KEPT = 8;

    private static final String UNIQUE_VIOLATION = "23505";

    private static final String SELECT = """
            SELECT d.device_id, d.type, d.sensors, d.enabled, d.readings_per_second, d.bytes_per_second, d.certificates,
                d.labels, d.created_at, d.updated_at, seen.last_seen,
                ARRAY(SELECT key_id FROM device_key k WHERE k.device_id = d.device_id ORDER BY created_at, key_id) AS key_ids,
                ARRAY(SELECT created_at FROM device_key k WHERE k.device_id = d.device_id ORDER BY created_at, key_id)
                    AS keys_created,
                ARRAY(SELECT expires_at FROM device_key k WHERE k.device_id = d.device_id ORDER BY created_at, key_id)
                    AS keys_expire
            FROM device d
            LEFT JOIN device_seen seen ON seen.device_id = d.device_id
            """;

    private static final String ONE = SELECT + "WHERE d.device_id = $1";

    private static final String PAGE = SELECT + """
            WHERE d.device_id > $1 AND ($2::text IS NULL OR d.type = $2)
            ORDER BY d.device_id LIMIT $3""";

    private static final String LOCK = "SELECT 1 FROM device WHERE device_id = $1 FOR UPDATE";

    private static final String COUNT = "SELECT count(*)::int4 FROM (SELECT 1 FROM device LIMIT $1) counted";

    /** Two that are registered at a time must not each find the last place. */
    private static final String TAKE_TURNS =
            "SELECT pg_advisory_xact_lock(hashtextextended('millrace devices', 0))::text";

    private static final String INSERT = """
            INSERT INTO device
                (device_id, type, sensors, enabled, readings_per_second, bytes_per_second, certificates, labels)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""";

    private static final String UPDATE = """
            UPDATE device SET type = $2, sensors = $3, enabled = $4, readings_per_second = $5, bytes_per_second = $6,
                certificates = $7, labels = $8, updated_at = now()
            WHERE device_id = $1""";

    private static final String DELETE = "DELETE FROM device WHERE device_id = $1";

    private static final String VALID_KEYS = """
            SELECT count(*) FILTER (WHERE expires_at IS NULL OR expires_at > now())::int4, count(*)::int4
            FROM device_key WHERE device_id = $1""";

    private static final String DROP_OLDEST_EXPIRED = """
            DELETE FROM device_key WHERE key_id = (
                SELECT key_id FROM device_key WHERE device_id = $1 AND expires_at <= now()
                ORDER BY expires_at LIMIT 1)""";

    private static final String INSERT_KEY = """
            INSERT INTO device_key (key_id, device_id, sha256, expires_at) VALUES (gen_random_uuid(), $1, $2, $3)
            RETURNING key_id, created_at, expires_at""";

    private static final String DELETE_KEY = "DELETE FROM device_key WHERE device_id = $1 AND key_id = $2";

    private static final String AUDIT = """
            INSERT INTO audit_log (actor, role, address, action, target, detail) VALUES ($1, $2, $3, $4, $5, $6)""";

    private static final String PART = "registry";

    private final Pool pool;
    private final Availability availability;
    private final Duration timeout;
    private final int most;
    private final RandomGenerator random;

    /**
     * A registry whose answers are waited for at most {@code timeout}.
     *
     * @param most the most devices
     * @param random one that cannot be foretold: the secrets of keys come from it
     */
    public PgDeviceRegistry(Pool pool, Availability availability, Duration timeout, int most, RandomGenerator random) {
        this.pool = pool;
        this.availability = availability;
        this.timeout = timeout;
        this.most = most;
        this.random = random;
    }

    @Override
    public Future<Registration> register(Device device, Actor actor) {
        return transaction(connection -> connection
                        .preparedQuery(TAKE_TURNS)
                        .execute()
                        .compose(_ -> connection.preparedQuery(COUNT).execute(Tuple.of(most)))
                        .compose(count -> count.iterator().next().getInteger(0) >= most
                                ? Future.<Registration>succeededFuture(new Registration.Full(most))
                                : connection
                                        .preparedQuery(INSERT)
                                        .execute(values(device))
                                        .compose(_ -> audit(
                                                connection,
                                                actor,
                                                Action.DEVICE_REGISTERED,
                                                device.id(),
                                                DeviceJson.json(device)))
                                        .compose(_ -> one(connection, device.id()))
                                        .map(found -> new Registration.Registered(found.orElseThrow()))))
                .recover(cause -> isUniqueViolation(cause)
                        ? Future.succeededFuture(new Registration.Exists())
                        : Future.failedFuture(cause));
    }

    @Override
    public Future<Optional<RegisteredDevice>> find(String id) {
        return watched(one(pool, id));
    }

    @Override
    public Future<List<RegisteredDevice>> page(String after, Optional<String> type, int limit) {
        return watched(pool.preparedQuery(PAGE).execute(Tuple.of(after, type.orElse(null), limit)))
                .map(rows -> {
                    List<RegisteredDevice> page = new ArrayList<>();
                    rows.forEach(row -> page.add(registered(row)));
                    return page;
                });
    }

    @Override
    public Future<Changing> change(String id, Change change, Actor actor) {
        return transaction(connection -> connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(id))
                .compose(_ -> one(connection, id))
                .compose(found -> found.isEmpty()
                        ? Future.succeededFuture(new Changing.NoDevice())
                        : change(connection, found.get().device(), change, actor)));
    }

    private Future<Changing> change(SqlConnection connection, Device before, Change change, Actor actor) {
        Device after;
        try {
            after = change.apply(before);
        } catch (InvalidDevice e) {
            return Future.succeededFuture(new Changing.Refused(e));
        }
        JsonObject detail =
                new JsonObject().put("before", DeviceJson.json(before)).put("after", DeviceJson.json(after));
        return connection
                .preparedQuery(UPDATE)
                .execute(values(after))
                .compose(_ -> audit(connection, actor, Action.DEVICE_CHANGED, before.id(), detail))
                .compose(_ -> one(connection, before.id()))
                .map(found -> new Changing.Changed(found.orElseThrow()));
    }

    @Override
    public Future<Boolean> remove(String id, Actor actor) {
        return transaction(connection -> connection
                .preparedQuery(DELETE)
                .execute(Tuple.of(id))
                .compose(deleted ->
                        audited(deleted, () -> audit(connection, actor, Action.DEVICE_REMOVED, id, new JsonObject()))));
    }

    @Override
    public Future<KeyGiving> giveKey(String id, Optional<Instant> expiresAt, Actor actor) {
        ApiKey key = ApiKey.generate(id, random);
        return transaction(connection -> connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(id))
                .compose(locked -> locked.size() == 0
                        ? Future.succeededFuture(new KeyGiving.NoDevice())
                        : connection
                                .preparedQuery(VALID_KEYS)
                                .execute(Tuple.of(id))
                                .compose(counts -> {
                                    Row row = counts.iterator().next();
                                    return row.getInteger(0) >= DeviceKey.MAX_VALID
                                            ? Future.succeededFuture(new KeyGiving.TooMany())
                                            : insertKey(connection, id, key, expiresAt, row.getInteger(1), actor);
                                })));
    }

    private static Future<KeyGiving> insertKey(
            SqlConnection connection, String id, ApiKey key, Optional<Instant> expiresAt, int kept, Actor actor) {
        Future<?> room = kept < MAX_KEPT
                ? Future.succeededFuture()
                : connection.preparedQuery(DROP_OLDEST_EXPIRED).execute(Tuple.of(id));
        return room.compose(_ -> connection
                        .preparedQuery(INSERT_KEY)
                        .execute(Tuple.of(
                                id,
                                Buffer.buffer(HexFormat.of().parseHex(key.sha256())),
                                expiresAt.map(at -> at.atOffset(ZoneOffset.UTC)).orElse(null))))
                .compose(rows -> {
                    Row row = rows.iterator().next();
                    DeviceKey given = new DeviceKey(
                            row.getUUID(0), instant(row.getOffsetDateTime(1)), optional(row.getOffsetDateTime(2)));
                    return audit(connection, actor, Action.KEY_GIVEN, id, DeviceJson.json(given))
                            .map(_ -> new KeyGiving.Given(given, key));
                });
    }

    @Override
    public Future<Boolean> takeKey(String id, UUID keyId, Actor actor) {
        return transaction(connection -> connection
                .preparedQuery(DELETE_KEY)
                .execute(Tuple.of(id, keyId))
                .compose(deleted -> audited(
                        deleted,
                        () -> audit(
                                connection,
                                actor,
                                Action.KEY_TAKEN,
                                id,
                                new JsonObject().put("id", keyId.toString())))));
    }

    private static Future<Boolean> audited(RowSet<Row> done, Supplier<Future<?>> audit) {
        return done.rowCount() == 0
                ? Future.succeededFuture(false)
                : audit.get().map(true);
    }

    private static Future<?> audit(
            SqlConnection connection, Actor actor, Action action, String target, JsonObject detail) {
        return connection
                .preparedQuery(AUDIT)
                .execute(Tuple.of(actor.name(), actor.role().word(), actor.address(), action.text(), target, detail));
    }

    private static Future<Optional<RegisteredDevice>> one(SqlClient client, String id) {
        return client.preparedQuery(ONE)
                .execute(Tuple.of(id))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(registered(rows.iterator().next())));
    }

    private static Tuple values(Device device) {
        JsonObject labels = new JsonObject();
        device.labels().forEach(labels::put);
        return Tuple.of(
                device.id(),
                device.type(),
                device.sensors().toArray(String[]::new),
                device.enabled(),
                device.rate().map(Rate::readingsPerSecond).filter(n -> n > 0).orElse(null),
                device.rate().map(Rate::bytesPerSecond).filter(n -> n > 0).orElse(null),
                device.certificates().map(all -> all.toArray(String[]::new)).orElse(null),
                labels);
    }

    private static RegisteredDevice registered(Row row) {
        UUID[] ids = row.getArrayOfUUIDs("key_ids");
        OffsetDateTime[] created = row.getArrayOfOffsetDateTimes("keys_created");
        @Nullable OffsetDateTime[] expire = row.getArrayOfOffsetDateTimes("keys_expire");
        List<DeviceKey> keys = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            keys.add(new DeviceKey(ids[i], instant(created[i]), optional(expire[i])));
        }
        return new RegisteredDevice(
                device(row),
                keys,
                instant(row.getOffsetDateTime("created_at")),
                instant(row.getOffsetDateTime("updated_at")),
                optional(row.getOffsetDateTime("last_seen")));
    }

    /** The device of a row that has the columns of the table. */
    static Device device(Row row) {
        Map<String, String> labels = new TreeMap<>();
        JsonObject stored = row.getJsonObject("labels");
        stored.fieldNames().forEach(name -> labels.put(name, stored.getString(name)));
        return new Device(
                row.getString("device_id"),
                row.getString("type"),
                Arrays.asList(row.getArrayOfStrings("sensors")),
                row.getBoolean("enabled"),
                rate(row),
                Optional.ofNullable(row.getArrayOfStrings("certificates")).map(Arrays::asList),
                labels);
    }

    /** A device without either number has the rate of the settings; with one of them, the other is without limit. */
    static Optional<Rate> rate(Row row) {
        @Nullable Integer readings = row.getInteger("readings_per_second");
        @Nullable Integer bytes = row.getInteger("bytes_per_second");
        return readings == null && bytes == null
                ? Optional.empty()
                : Optional.of(new Rate(readings == null ? 0 : readings, bytes == null ? 0 : bytes));
    }

    @SuppressWarnings("NullAway") // what the work answers is there
    private <T> Future<T> transaction(Function<SqlConnection, Future<T>> work) {
        return watched(pool.withTransaction(work));
    }

    /** What the server refuses is not that it is away. */
    private <T> Future<T> watched(Future<T> answer) {
        return answer.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).transform(result -> {
            if (result.succeeded() || isRefusal(result.cause())) {
                availability.worked(PART);
                return answerOf(result);
            }
            availability.failed(PART, String.valueOf(result.cause().getMessage()));
            return Future.failedFuture(new Unavailable(result.cause()));
        });
    }

    private static <T> Future<T> answerOf(AsyncResult<T> result) {
        return result.succeeded() ? Future.succeededFuture(result.result()) : Future.failedFuture(result.cause());
    }

    /** Whether PostgreSQL has refused the statement itself: it is there, and would refuse it again. */
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof PgException refused
                && (refused.getSqlState().startsWith("22")
                        || refused.getSqlState().startsWith("23")
                        || refused.getSqlState().startsWith("42"));
    }

    private static boolean isUniqueViolation(Throwable cause) {
        return cause instanceof PgException refused && UNIQUE_VIOLATION.equals(refused.getSqlState());
    }

    private static Instant instant(OffsetDateTime time) {
        return time.toInstant();
    }

    private static Optional<Instant> optional(@Nullable OffsetDateTime time) {
        return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
    }
}
