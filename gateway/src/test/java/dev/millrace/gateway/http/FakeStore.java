package dev.millrace.gateway.http;

import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.query.AnomalyStore;
import dev.millrace.gateway.query.LatestValues;
import dev.millrace.gateway.query.SensorCache;
import dev.millrace.gateway.query.SensorStore;
import dev.millrace.gateway.query.StoreUnavailable;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** Stored readings in memory, for the query API's tests; it remembers what it was asked for. */
final class FakeStore implements SensorStore, AnomalyStore {

    final TreeMap<String, LatestValues> latest = new TreeMap<>();
    final Map<String, LatestValues> cached = new HashMap<>();
    final Map<String, List<StoredReading>> readings = new HashMap<>();
    final List<Anomaly> anomalies = new ArrayList<>();
    final List<Object> queries = new ArrayList<>();
    boolean away;
    boolean broken;
    boolean cacheAway;
    int cacheCalls;
    final AtomicInteger sensorPages = new AtomicInteger();

    SensorCache cache() {
        return ids -> {
            cacheCalls++;
            if (cacheAway) {
                return Future.failedFuture("Redis is away");
            }
            Map<String, LatestValues> found = new HashMap<>(cached);
            found.keySet().retainAll(ids);
            return Future.succeededFuture(found);
        };
    }

    @Override
    public Future<List<String>> sensorIds(String after, int limit) {
        sensorPages.incrementAndGet();
        return answer(
                latest.tailMap(after, false).keySet().stream().limit(limit).toList());
    }

    @Override
    public Future<Map<String, LatestValues>> latest(List<String> sensorIds) {
        Map<String, LatestValues> found = new HashMap<>(latest);
        found.keySet().retainAll(sensorIds);
        return answer(found);
    }

    @Override
    public Future<Optional<ReadingsPage>> readings(ReadingsQuery query) {
        queries.add(query);
        return answer(Optional.ofNullable(readings.get(query.sensorId()))
                .map(found -> new ReadingsPage(found, found.size() == query.limit())));
    }

    @Override
    public Future<List<Anomaly>> anomalies(Query query) {
        queries.add(query);
        return answer(anomalies);
    }

    @Override
    public Future<Optional<Anomaly>> acknowledge(UUID id, Actor actor) {
        queries.add(actor);
        return answer(
                anomalies.stream().filter(anomaly -> anomaly.id().equals(id)).findFirst());
    }

    /** One that is over, of a rule with a message. */
    static Anomaly anomaly(UUID id) {
        return new Anomaly(
                id,
                "a",
                "t",
                "too-hot",
                3,
                Optional.of("above"),
                "critical",
                "Call \"the\" plumber",
                5_000_000,
                OptionalLong.of(6_000_000),
                99,
                Optional.empty(),
                104.5,
                7,
                2,
                Optional.of(new Acknowledgement("shift-1", 7_000_000)));
    }

    private <T> Future<T> answer(T value) {
        if (broken) {
            return Future.failedFuture(new IllegalStateException("password=hunter2"));
        }
        return away
                ? Future.failedFuture(new StoreUnavailable(new IllegalStateException("password=hunter2")))
                : Future.succeededFuture(value);
    }
}
