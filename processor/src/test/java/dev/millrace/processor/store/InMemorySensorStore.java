package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is stored of sensors as the contract has it, without a database. */
public final class InMemorySensorStore implements SensorStore {

    private final Content content;

    public InMemorySensorStore(Content content) {
        this.content = content;
    }

    @Override
    public Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds) {
        TreeMap<SeriesId, LatestValue> bySeries = new TreeMap<>();
        synchronized (content) {
            content.samples.forEach((Content.Identity identity, Measurement measurement) -> {
                if (sensorIds.contains(identity.series().sensorId())) {
                    bySeries.merge(
                            identity.series(),
                            new LatestValue(identity.at(), measurement),
                            (a, b) -> a.at() > b.at() ? a : b);
                }
            });
        }
        Map<String, List<LatestValue>> latest = new HashMap<>();
        bySeries.forEach((series, value) -> latest.computeIfAbsent(series.sensorId(), _ -> new ArrayList<>())
                .add(value));
        return new Loaded.Found<>(latest);
    }

    @Override
    public Loaded<List<String>> seenSince(long since, String after, int limit) {
        synchronized (content) {
            return new Loaded.Found<>(content.seen.entrySet().stream()
                    .filter(entry -> entry.getKey().compareTo(after) > 0
                            && entry.getValue().last() >= since)
                    .map(Map.Entry::getKey)
                    .limit(limit)
                    .toList());
        }
    }

    @Override
    public void close() {}
}
