package dev.millrace.processor.cache;

import dev.millrace.core.ops.Availability;
import dev.millrace.processor.cache.RedisLatestScript.Written;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import io.vertx.core.Future;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest values of one shard's sensors in Redis. A hash that is not complete, because its sensor is new or Redis has lost
 * it, is built from the database; so is one whose write failed, once Redis is back. While it is away it is tried once a
 * second, so that it delays nothing. A hash that Redis alone refuses, while it takes the others, is no outage: it is deleted.
 */
public final class RedisLatestValues implements LatestValues {

    private static final Logger LOG = LoggerFactory.getLogger(RedisLatestValues.class);

    /** What one use of Redis may take; what the database takes is not counted. */
    private static final long TIMEOUT_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

    /** Scripts under way at a time on one connection. */
    private static final int MAX_IN_FLIGHT = 1_000;

    /** Values under way at a time: of sensors with thousands of names a few are enough for a turn. */
    private static final int MAX_VALUES_IN_FLIGHT = 20_000;

    /** Between lines in the log about hashes that Redis refuses. */
    private static final long REFUSAL_LOG_NANOS = Duration.ofMinutes(1).toNanos();

    /** Sensors that one call builds from the database: few, because the shard waits meanwhile. */
    private static final int MAX_REBUILT = 100;

    /** Sensors remembered to be built: some 2 MB. */
    static final int MAX_STALE = 10_000;

    private final String part;
    private final Redis redis;
    private final Availability availability;
    private final Function<Collection<String>, Loaded<Map<String, List<LatestValue>>>> source;
    private final Runnable onFailure;
    private final LongSupplier nanos;
    private final RedisLatestScript script = new RedisLatestScript();
    private final Set<String> stale = new LinkedHashSet<>();
    private boolean forgotSome;
    /** Until it was there once, too. */
    private boolean away = true;

    private long nextProbe;
    private long refused;
    private long nextRefusalLog;

    /**
     * @param part who uses Redis here, such as the shard's id
     * @param source the latest values of sensors, as committed
     * @param onFailure runs with each failed use
     * @param nanos a monotonic clock, nanoseconds
     */
    public RedisLatestValues(
            String part,
            Redis redis,
            Availability availability,
            Function<Collection<String>, Loaded<Map<String, List<LatestValue>>>> source,
            Runnable onFailure,
            LongSupplier nanos) {
        this.part = part;
        this.redis = redis;
        this.availability = availability;
        this.source = source;
        this.onFailure = onFailure;
        this.nanos = nanos;
        this.nextProbe = nanos.getAsLong();
        this.nextRefusalLog = nextProbe;
    }

    @Override
    public void begin(OptionalLong since) {
        // nothing yet
    }

    @Override
    public void update(Map<String, List<LatestValue>> bySensor, long arrivedFrom, long arrivedTo) {
        if (isToBeSpared()) {
            remember(bySensor.keySet());
        } else if (!bySensor.isEmpty() || !stale.isEmpty()) {
            use(bySensor);
        }
    }

    @Override
    public OptionalLong settledTo() {
        return OptionalLong.empty();
    }

    @Override
    public void end() {
        // nothing yet
    }

    private boolean isToBeSpared() {
        return away && nanos.getAsLong() - nextProbe < 0;
    }

    private void use(Map<String, List<LatestValue>> bySensor) {
        // until Redis has said otherwise
        Set<String> unwritten = new LinkedHashSet<>(bySensor.keySet());
        try {
            // the database is not asked for what Redis could not take
            if (away || !bySensor.isEmpty()) {
                remember(write(bySensor, false, unwritten));
            }
            rebuild();
            recovered();
        } catch (Unusable e) {
            remember(unwritten);
            failed(e.reason);
        }
    }

    /** Writes hashes and answers the sensors whose hashes are not complete; the settled ones leave {@code unwritten}. */
    private List<String> write(Map<String, List<LatestValue>> bySensor, boolean all, Collection<String> unwritten)
            throws Unusable {
        long deadline = nanos.getAsLong() + TIMEOUT_NANOS;
        RedisConnection connection = connect(deadline);
        try {
            return write(connection, bySensor, all, unwritten, deadline);
        } finally {
            connection.close();
        }
    }

    private RedisConnection connect(long deadline) throws Unusable {
        Future<RedisConnection> connecting = redis.connect();
        try {
            return await(connecting, deadline);
        } catch (Unusable e) {
            // one that comes too late must not stay out of the pool
            connecting.onSuccess(RedisConnection::close);
            throw e;
        }
    }

    private List<String> write(
            RedisConnection connection,
            Map<String, List<LatestValue>> bySensor,
            boolean all,
            Collection<String> unwritten,
            long deadline)
            throws Unusable {
        List<String> incomplete = new ArrayList<>();
        Map<String, Future<Written>> sent = new HashMap<>();
        int values = 0;
        var left = bySensor.entrySet().iterator();
        while (left.hasNext()) {
            var entry = left.next();
            sent.put(entry.getKey(), script.write(connection, entry.getKey(), entry.getValue(), all));
            values += entry.getValue().size();
            if (sent.size() == MAX_IN_FLIGHT || values >= MAX_VALUES_IN_FLIGHT || !left.hasNext()) {
                await(Future.join(List.copyOf(sent.values())), deadline);
                sent.keySet().forEach(unwritten::remove);
                sent.forEach((sensorId, written) -> {
                    switch (written.result()) {
                        case Written.Complete() -> {}
                        case Written.Incomplete() -> incomplete.add(sensorId);
                        // without a hash it is right; its next reading makes one that is built from the database
                        case Written.Refused(String reason) -> refused(sensorId, reason);
                    }
                });
                sent.clear();
                values = 0;
            }
        }
        return incomplete;
    }

    private void refused(String sensorId, String reason) {
        onFailure.run();
        refused++;
        if (nanos.getAsLong() - nextRefusalLog >= 0) {
            nextRefusalLog = nanos.getAsLong() + REFUSAL_LOG_NANOS;
            LOG.warn(
                    "Shard {}: Redis cannot write the hash of sensor {}: {}. It is deleted, hash {} of this kind since the start",
                    part,
                    sensorId,
                    reason,
                    refused);
        }
    }

    private void rebuild() throws Unusable {
        if (stale.isEmpty()) {
            return;
        }
        // those that fail again go to the end, so that they don't keep the others from their turn
        List<String> sensorIds = stale.stream().limit(MAX_REBUILT).toList();
        sensorIds.forEach(stale::remove);
        stale.addAll(sensorIds);
        // before there is a connection: a slow query must take neither Redis's time nor a connection that others need
        switch (source.apply(sensorIds)) {
            case Loaded.Found(Map<String, List<LatestValue>> latest) -> {
                write(latest, true, stale);
                // also those of which the database knows nothing
                sensorIds.forEach(stale::remove);
            }
            case Loaded.Unavailable<Map<String, List<LatestValue>>> _ -> {
                // the loop meets the same outage with its next commit, and tells it; these stay to be built
            }
        }
    }

    private <T> T await(Future<T> future, long deadline) throws Unusable {
        long left = Math.max(1, deadline - nanos.getAsLong());
        var answer = future.timeout(left, TimeUnit.NANOSECONDS)
                .transform(result -> Future.succeededFuture(result))
                .await();
        if (answer.failed()) {
            throw new Unusable(String.valueOf(answer.cause().getMessage()));
        }
        return answer.result();
    }

    private void remember(Collection<String> sensorIds) {
        for (String sensorId : sensorIds) {
            if (stale.size() < MAX_STALE) {
                stale.add(sensorId);
            } else if (!stale.contains(sensorId) && !forgotSome) {
                forgotSome = true;
                LOG.warn(
                        "Shard {}: more than {} sensors wait to be written to Redis; the others are right again only with"
                                + " their next reading",
                        part,
                        MAX_STALE);
            }
        }
    }

    private void failed(String reason) {
        away = true;
        nextProbe = nanos.getAsLong() + PROBE_NANOS;
        onFailure.run();
        availability.failed(part, reason);
    }

    private void recovered() {
        away = false;
        if (stale.isEmpty()) {
            forgotSome = false;
        }
        availability.worked(part);
    }

    /** Redis cannot be used now; handled where it is thrown. */
    private static final class Unusable extends Exception {

        private static final long serialVersionUID = 1L;

        private final String reason;

        Unusable(String reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
