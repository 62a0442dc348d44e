package dev.millrace.gateway.device;

import dev.millrace.core.connect.PgNotifications;
import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link DeviceDirectory} as the registry in PostgreSQL is. It listens first and reads everything then, and after that
 * whatever a notice names; each time that the connection was lost, everything again. Reads follow one another, each after the one before
 * has its effect: what is read later is never older. All of it on one context.
 */
public final class PgDeviceFeed {

    /** The channel; what comes over it is the id of a device. */
    static final String CHANNEL = "millrace_devices";

    private static final Logger LOG = LoggerFactory.getLogger(PgDeviceFeed.class);

    private static final int PAGE = 1_000;

    /** More notices than these, and everything is read. */
    private static final int MAX_NAMED = 10_000;

    /** How soon it is written down that a device was let in. */
    private static final Duration SEEN_INTERVAL = Duration.ofSeconds(10);

    /** Of a device that is let in all the time, how often it is written down: 100,000 of them make 333 rows a second. */
    private static final Duration SEEN_TOLERANCE = Duration.ofMinutes(5);

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));
    private static final String PART = "devices";
    private static final String SEEN_PART = "devices seen";

    /** A network that has gone silent must not keep a device in for long that was disabled. */
    private static final PgNotifications.Pace PACE = new PgNotifications.Pace(1_000, 2_000);

    /** What the last words to the database may take at the stop. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final String SELECT = """
            SELECT d.device_id, d.sensors, d.enabled, d.readings_per_second, d.bytes_per_second, d.certificates,
                ARRAY(SELECT sha256 FROM device_key k WHERE k.device_id = d.device_id ORDER BY key_id) AS hashes,
                ARRAY(SELECT created_at FROM device_key k WHERE k.device_id = d.device_id ORDER BY key_id) AS created,
                ARRAY(SELECT expires_at FROM device_key k WHERE k.device_id = d.device_id ORDER BY key_id) AS expire
            FROM device d
            """;

    private static final String ALL = SELECT + "WHERE d.device_id > $1 ORDER BY d.device_id LIMIT " + PAGE;
    private static final String NAMED = SELECT + "WHERE d.device_id = ANY($1)";

    /** In one order, so that gateways do not wait for each other in a circle; who was removed meanwhile has no place any more. */
    private static final String SEEN = """
            INSERT INTO device_seen (device_id, last_seen)
            SELECT d.device_id, seen.at FROM unnest($1::text[], $2::timestamptz[]) AS seen (device_id, at)
            JOIN device d ON d.device_id = seen.device_id
            ORDER BY d.device_id
            ON CONFLICT (device_id) DO UPDATE SET last_seen = greatest(device_seen.last_seen, excluded.last_seen)""";

    private final Context context;
    private final Vertx vertx;
    private final Pool pool;
    private final DeviceDirectory directory;
    private final Availability availability;
    private final int most;
    private final RandomGenerator random;
    private final PgNotifications notifications;
    private final Promise<Void> firstRead = Promise.promise();
    private final Set<String> named = new LinkedHashSet<>();
    private boolean started;
    private boolean everything;
    private boolean listening;
    private boolean reading;
    private boolean saving;
    private boolean closed;
    private int failures;
    private long seenTimer = -1;

    /**
     * A feed that does nothing before {@link #start}.
     *
     * @param most the most devices that are kept
     */
    public PgDeviceFeed(
            Vertx vertx,
            Pool pool,
            DeviceDirectory directory,
            Availability availability,
            int most,
            RandomGenerator random) {
        this(vertx, pool, directory, availability, most, random, PACE);
    }

    PgDeviceFeed(
            Vertx vertx,
            Pool pool,
            DeviceDirectory directory,
            Availability availability,
            int most,
            RandomGenerator random,
            PgNotifications.Pace pace) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.pool = pool;
        this.directory = directory;
        this.availability = availability;
        this.most = most;
        this.random = random;
        notifications = new PgNotifications(vertx, pool, CHANNEL, new Notices(), random, pace);
    }

    private final class Notices implements PgNotifications.Listener {

        @Override
        public void connected() {
            context.runOnContext(_ -> {
                listening = true;
                everything = true;
                named.clear();
                readOn();
            });
        }

        @Override
        public void lost() {
            // at once: what is asked in the meantime must not be told that all is as it was
            directory.isAgeing();
            context.runOnContext(_ -> {
                listening = false;
                // again: a read that ended in between did not know
                directory.isAgeing();
            });
        }

        @Override
        public void notified(String deviceId) {
            context.runOnContext(_ -> {
                if (named.size() < MAX_NAMED) {
                    named.add(deviceId);
                } else {
                    everything = true;
                }
                readOn();
            });
        }
    }

    /**
     * Begins, unless it has begun, and goes on until it is closed, whatever becomes of the database. The future completes when
     * everything was read once.
     */
    public Future<Void> start() {
        context.runOnContext(_ -> {
            if (started) {
                return;
            }
            started = true;
            notifications.start();
            seenTimer = vertx.setPeriodic(SEEN_INTERVAL.toMillis(), _ -> saveSeen());
        });
        return firstRead.future();
    }

    private void readOn() {
        if (reading || closed || !listening || (!everything && named.isEmpty())) {
            return;
        }
        reading = true;
        (everything ? readEverything() : readNamed()).onComplete(done -> {
            reading = false;
            if (done.succeeded()) {
                failures = 0;
                availability.worked(PART);
                readOn();
            } else {
                everything = true;
                failures++;
                directory.isAgeing();
                availability.failed(PART, String.valueOf(done.cause().getMessage()));
                vertx.setTimer(RETRY.delayMillis(failures, random), _ -> readOn());
            }
        });
    }

    private Future<?> readEverything() {
        everything = false;
        // what has been named so far is read with the rest
        named.clear();
        return readFrom("", new HashSet<>()).map(all -> {
            if (!listening || everything) {
                return all;
            }
            boolean first = !directory.isRead();
            directory.isCurrent(all);
            if (first) {
                LOG.info("{} devices are known", directory.size());
                firstRead.tryComplete();
            }
            return all;
        });
    }

    private Future<Set<String>> readFrom(String after, Set<String> all) {
        return query(ALL, Tuple.of(after)).compose(rows -> {
            List<KnownDevice> page = devices(rows);
            if (all.size() + page.size() > most) {
                LOG.error(
                        "There are more than {} devices, those behind {} are not known: raise MAX_DEVICES",
                        most,
                        after);
                return Future.succeededFuture(all);
            }
            directory.put(page);
            page.forEach(device -> all.add(device.id()));
            return rows.size() < PAGE ? Future.succeededFuture(all) : readFrom(lastId(rows), all);
        });
    }

    private Future<?> readNamed() {
        List<String> ids = named.stream().limit(PAGE).toList();
        named.removeAll(ids);
        return query(NAMED, Tuple.tuple().addArrayOfString(ids.toArray(String[]::new)))
                .map(rows -> {
                    List<KnownDevice> found = devices(rows);
                    Set<String> gone = new HashSet<>(ids);
                    found.forEach(device -> gone.remove(device.id()));
                    directory.put(found);
                    gone.forEach(directory::remove);
                    return ids;
                });
    }

    private Future<RowSet<Row>> query(String sql, Tuple arguments) {
        return pool.preparedQuery(sql).execute(arguments).timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static List<KnownDevice> devices(RowSet<Row> rows) {
        List<KnownDevice> devices = new ArrayList<>(rows.size());
        for (Row row : rows) {
            try {
                devices.add(device(row));
            } catch (RuntimeException e) {
                // somebody has written what the registry never does: it is that device's matter, and not the others'
                LOG.error("The device {} cannot be read, and is not let in", row.getString("device_id"), e);
            }
        }
        return devices;
    }

    private static String lastId(RowSet<Row> rows) {
        String last = "";
        for (Row row : rows) {
            last = row.getString("device_id");
        }
        return last;
    }

    private static KnownDevice device(Row row) {
        Buffer[] hashes = row.getArrayOfBuffers("hashes");
        OffsetDateTime[] created = row.getArrayOfOffsetDateTimes("created");
        @Nullable OffsetDateTime[] expire = row.getArrayOfOffsetDateTimes("expire");
        List<KnownDevice.Key> keys = new ArrayList<>(hashes.length);
        for (int i = 0; i < hashes.length; i++) {
            OffsetDateTime end = expire[i];
            keys.add(new KnownDevice.Key(
                    hashes[i].getBytes(), created[i].toInstant(), end == null ? Instant.MAX : end.toInstant()));
        }
        return new KnownDevice(
                row.getString("device_id"),
                Arrays.asList(row.getArrayOfStrings("sensors")),
                row.getBoolean("enabled"),
                PgDeviceRegistry.rate(row),
                Optional.ofNullable(row.getArrayOfStrings("certificates")).map(Arrays::asList),
                keys);
    }

    /** Writes down whom the gateway has let in, one time after the other; what fails is tried the next time. */
    private void saveSeen() {
        if (!saving) {
            saving = true;
            saveSeen(SEEN_TOLERANCE)
                    .onSuccess(_ -> availability.worked(SEEN_PART))
                    .onFailure(cause -> availability.failed(SEEN_PART, String.valueOf(cause.getMessage())))
                    .onComplete(_ -> saving = false);
        }
    }

    private Future<Void> saveSeen(Duration tolerance) {
        List<KnownDevice> unsaved = directory.unsaved(PAGE, tolerance.toMillis());
        if (unsaved.isEmpty()) {
            return Future.succeededFuture();
        }
        long[] seen =
                unsaved.stream().mapToLong(device -> device.unsavedSeen(0)).toArray();
        String[] ids = unsaved.stream().map(KnownDevice::id).toArray(String[]::new);
        OffsetDateTime[] times = Arrays.stream(seen)
                .mapToObj(at -> Instant.ofEpochMilli(at).atOffset(ZoneOffset.UTC))
                .toArray(OffsetDateTime[]::new);
        return query(SEEN, Tuple.tuple().addArrayOfString(ids).addArrayOfOffsetDateTime(times))
                .onSuccess(_ -> {
                    for (int i = 0; i < seen.length; i++) {
                        unsaved.get(i).saved(seen[i]);
                    }
                })
                .compose(_ -> unsaved.size() < PAGE ? Future.succeededFuture() : saveSeen(tolerance));
    }

    /** Writes down whom the gateway has let in, and ends. */
    public Future<Void> close() {
        Promise<Void> ended = Promise.promise();
        context.runOnContext(_ -> {
            closed = true;
            vertx.cancelTimer(seenTimer);
            // what does not fit into that is known a little less exactly
            Future<Void> saved = (listening ? saveSeen(Duration.ZERO) : Future.<Void>succeededFuture())
                    .timeout(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                    .otherwiseEmpty();
            saved.eventually(notifications::close).onComplete(ended);
        });
        return ended.future();
    }
}
