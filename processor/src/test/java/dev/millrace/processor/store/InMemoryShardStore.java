package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.Anomaly;
import dev.millrace.processor.anomaly.Detection;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.SeriesState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;

/** A shard's store as the contract has it, without a database. Several may share one {@link Content}. */
public final class InMemoryShardStore implements ShardStore {

    /** What is stored. */
    public static final class Content {

        private Progress progress = new Progress(Position.START, 1, false);
        private long userRecords;
        private final Map<Identity, Measurement> samples = new HashMap<>();
        private final Map<UUID, Anomaly> anomalies = new TreeMap<>();
        private final List<Position> deadLetters = new ArrayList<>();
        private final Map<String, Seen> seen = new TreeMap<>();

        public StoredContent stored() {
            Map<SeriesId, Map<Long, Measurement>> bySeries = new TreeMap<>();
            samples.forEach((identity, measurement) -> bySeries.computeIfAbsent(identity.series, _ -> new TreeMap<>())
                    .put(identity.at, measurement));
            return new StoredContent(
                    userRecords, bySeries, new TreeMap<>(anomalies), List.copyOf(deadLetters), new TreeMap<>(seen));
        }
    }

    private record Identity(SeriesId series, long at) {}

    private final Content content;

    public InMemoryShardStore(Content content) {
        this.content = content;
    }

    @Override
    public Loaded<Progress> progress() {
        return new Loaded.Found<>(content.progress);
    }

    @Override
    public Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids) {
        Map<SeriesId, SeriesState> states = new HashMap<>();
        content.samples.keySet().stream()
                .filter(identity -> ids.contains(identity.series))
                .forEach(identity -> states.merge(
                        identity.series,
                        new SeriesState(identity.at, openRules(identity.series)),
                        (a, b) -> a.lastAt() > b.lastAt() ? a : b));
        return new Loaded.Found<>(states);
    }

    private List<String> openRules(SeriesId series) {
        return content.anomalies.values().stream()
                .filter(anomaly ->
                        anomaly.series().equals(series) && anomaly.closedAt().isEmpty())
                .map(Anomaly::rule)
                .sorted()
                .toList();
    }

    @Override
    public CommitResult commit(Progress from, Work work) {
        if (!from.equals(content.progress)) {
            return new CommitResult.Fenced();
        }
        content.progress = from.at(work.position(), work.closed());
        content.userRecords += work.userRecords();
        int rows = 0;
        for (Sample sample : work.samples()) {
            Identity identity = new Identity(sample.series(), sample.at());
            if (content.samples.putIfAbsent(identity, sample.measurement()) == null) {
                rows++;
            }
        }
        work.detection().closings().forEach(this::close);
        work.detection().opened().forEach(anomaly -> content.anomalies.putIfAbsent(anomaly.id(), anomaly));
        work.deadLetters().forEach(letter -> content.deadLetters.add(letter.position()));
        work.seen()
                .forEach((sensorId, times) -> content.seen.merge(
                        sensorId, times, (a, b) -> a.with(b.first()).with(b.last())));
        return new CommitResult.Committed(rows);
    }

    private void close(Detection.Closing closing) {
        content.anomalies.replaceAll((_, anomaly) -> anomaly.closedAt().isEmpty()
                        && anomaly.series().equals(closing.series())
                        && anomaly.rule().equals(closing.rule())
                ? new Anomaly(
                        anomaly.series(),
                        anomaly.rule(),
                        anomaly.severity(),
                        anomaly.openedAt(),
                        OptionalLong.of(closing.closedAt()),
                        anomaly.value())
                : anomaly);
    }

    @Override
    public Loaded<Map<String, List<LatestValue>>> latest(Collection<String> sensorIds) {
        Map<String, List<LatestValue>> latest = new HashMap<>();
        content.stored().samples().forEach((series, values) -> {
            if (sensorIds.contains(series.sensorId())) {
                var last = ((TreeMap<Long, Measurement>) values).lastEntry();
                latest.computeIfAbsent(series.sensorId(), _ -> new ArrayList<>())
                        .add(new LatestValue(last.getKey(), last.getValue()));
            }
        });
        return new Loaded.Found<>(latest);
    }

    @Override
    public void close() {}
}
