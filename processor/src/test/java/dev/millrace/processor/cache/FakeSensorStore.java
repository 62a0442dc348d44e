package dev.millrace.processor.cache;

import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.SensorStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is stored of sensors, in memory; it can be away. Thread-safe. */
final class FakeSensorStore implements SensorStore {

    private final Map<String, Map<String, LatestValue>> values = new TreeMap<>();
    private final Map<String, Long> lastSeen = new HashMap<>();
    private boolean away;
    private int asked;

    /** Commits values that arrived at a time; the later of a measurement's counts. */
    synchronized void commit(String sensorId, long arrivedAt, List<LatestValue> committed) {
        Map<String, LatestValue> latest = values.computeIfAbsent(sensorId, _ -> new TreeMap<>());
        for (LatestValue value : committed) {
            latest.merge(value.measurement().name(), value, (a, b) -> a.at() >= b.at() ? a : b);
        }
        lastSeen.merge(sensorId, arrivedAt, Math::max);
    }

    synchronized void setAway(boolean isAway) {
        away = isAway;
    }

    /** Questions asked while it was away. */
    synchronized int askedInVain() {
        return asked;
    }

    synchronized List<LatestValue> latest(String sensorId) {
        return List.copyOf(values.getOrDefault(sensorId, Map.of()).values());
    }

    synchronized List<String> sensors() {
        return List.copyOf(values.keySet());
    }

    @Override
    public synchronized Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds) {
        if (away) {
            asked++;
            return new Loaded.Unavailable<>("away");
        }
        Map<String, List<LatestValue>> found = new HashMap<>();
        for (String sensorId : sensorIds) {
            List<LatestValue> latest = latest(sensorId);
            if (!latest.isEmpty()) {
                found.put(sensorId, latest);
            }
        }
        return new Loaded.Found<>(found);
    }

    @Override
    public synchronized Loaded<List<String>> seenSince(long since, String after, int limit) {
        if (away) {
            asked++;
            return new Loaded.Unavailable<>("away");
        }
        return new Loaded.Found<>(values.keySet().stream()
                .filter(id -> id.compareTo(after) > 0)
                .filter(id -> lastSeen.getOrDefault(id, Long.MIN_VALUE) >= since)
                .limit(limit)
                .toList());
    }

    @Override
    public void close() {
        // nothing is held
    }
}
