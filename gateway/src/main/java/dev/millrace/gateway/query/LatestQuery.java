package dev.millrace.gateway.query;

import dev.millrace.core.ops.Availability;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Latest values from the cache, and from the store what the cache does not know or while it is away (G6). After a failure the
 * cache is left alone for a second, so that its absence does not cost each request a time-out. Thread-safe.
 */
public final class LatestQuery {

    private static final String PART = "queries";
    private static final long PAUSE_NANOS = 1_000_000_000L;

    private final SensorCache cache;
    private final SensorStore store;
    private final LongSupplier nanoTime;
    private final AtomicLong failedAt;
    private final Availability availability;

    public LatestQuery(SensorCache cache, SensorStore store, Availability availability, LongSupplier nanoTime) {
        this.cache = cache;
        this.store = store;
        this.availability = availability;
        this.nanoTime = nanoTime;
        this.failedAt = new AtomicLong(nanoTime.getAsLong() - PAUSE_NANOS);
    }

    /** The latest values of those of the sensors that were ever seen, by id. */
    public Future<Map<String, LatestValues>> latest(List<String> sensorIds) {
        return cached(sensorIds).compose(known -> {
            List<String> missing = new ArrayList<>(sensorIds);
            missing.removeAll(known.keySet());
            if (missing.isEmpty()) {
                return Future.succeededFuture(known);
            }
            return store.latest(missing).map(stored -> {
                Map<String, LatestValues> all = new HashMap<>(known);
                all.putAll(stored);
                return all;
            });
        });
    }

    private Future<Map<String, LatestValues>> cached(List<String> sensorIds) {
        if (nanoTime.getAsLong() - failedAt.get() < PAUSE_NANOS) {
            return Future.succeededFuture(Map.of());
        }
        return cache.latest(sensorIds).onSuccess(_ -> availability.worked(PART)).recover(cause -> {
            failedAt.set(nanoTime.getAsLong());
            availability.failed(PART, cause.getClass().getSimpleName());
            return Future.succeededFuture(Map.of());
        });
    }
}
