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
import java.util.Optional;
import java.util.OptionalLong;

/** A shard's store as the contract has it, without a database. Several may share one {@link Content}. */
public final class InMemoryShardStore implements ShardStore {

    private final Content content;
    private final String shardId;

    public InMemoryShardStore(Content content, String shardId) {
        this.content = content;
        this.shardId = shardId;
    }

    @Override
    public Loaded<ShardState> state() {
        return content.state(shardId)
                .<Loaded<ShardState>>map(Loaded.Found::new)
                .orElse(new Loaded.Unavailable<>("the shard was never taken"));
    }

    @Override
    public Loaded<Map<SeriesId, SeriesState>> series(Collection<SeriesId> ids) {
        synchronized (content) {
            Map<SeriesId, SeriesState> states = new HashMap<>();
            content.samples.keySet().stream()
                    .filter(identity -> ids.contains(identity.series()))
                    .forEach(identity -> states.merge(
                            identity.series(),
                            new SeriesState(identity.at(), openRules(identity.series())),
                            (a, b) -> a.lastAt() > b.lastAt() ? a : b));
            return new Loaded.Found<>(states);
        }
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
        synchronized (content) {
            Content.Shard shard = content.shards.get(shardId);
            if (shard == null || !from.equals(shard.state.progress()) || from.closed()) {
                return new CommitResult.Fenced();
            }
            if (work.samples().stream().anyMatch(InMemoryShardStore::isRefused)) {
                return new CommitResult.Refused("22021", "a value cannot be stored (SQLSTATE 22021)");
            }
            return new CommitResult.Committed(write(shard, work));
        }
    }

    /** What PostgreSQL cannot hold either. */
    private static boolean isRefused(Sample sample) {
        return sample.series().sensorId().indexOf(0) >= 0
                || sample.series().metric().indexOf(0) >= 0
                || (sample.measurement() instanceof Measurement.State state
                        && state.value().indexOf(0) >= 0);
    }

    private int write(Content.Shard shard, Work work) {
        ShardState state = shard.state;
        shard.state = new ShardState(
                state.progress().at(work.position(), work.closed()),
                state.owner(),
                work.arrivedAt().isPresent() ? work.arrivedAt() : state.arrivedAt(),
                state.startAt(),
                later(state.streamTime(), work.streamTime()),
                later(state.cachedTo(), work.cachedTo()),
                state.beat() + 1);
        shard.userRecords += work.userRecords();
        int rows = 0;
        for (Sample sample : work.samples()) {
            Content.Identity identity = new Content.Identity(sample.series(), sample.at());
            rows += content.samples.putIfAbsent(identity, sample.measurement()) == null ? 1 : 0;
        }
        work.detection().closings().forEach(this::close);
        work.detection().opened().forEach(anomaly -> content.anomalies.putIfAbsent(anomaly.id(), anomaly));
        List<Position> letters = content.deadLetters.computeIfAbsent(shardId, _ -> new ArrayList<>());
        work.deadLetters().forEach(letter -> letters.add(letter.position()));
        work.gap().ifPresent(gap -> content.gaps
                .computeIfAbsent(shardId, _ -> new HashMap<>())
                .putIfAbsent(gap.after(), gap));
        work.seen()
                .forEach((sensorId, times) -> content.seen.merge(
                        sensorId, times, (a, b) -> a.with(b.first()).with(b.last())));
        if (work.closed()) {
            content.tell(shardId);
        }
        return rows;
    }

    private static OptionalLong later(OptionalLong a, OptionalLong b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.isEmpty() ? b : a;
        }
        return OptionalLong.of(Math.max(a.getAsLong(), b.getAsLong()));
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
    public Loaded<Boolean> release(long epoch) {
        synchronized (content) {
            Content.Shard shard = content.shards.get(shardId);
            if (shard == null || shard.state.progress().epoch() != epoch) {
                return new Loaded.Found<>(false);
            }
            ShardState state = shard.state;
            shard.state = new ShardState(
                    state.progress(),
                    Optional.empty(),
                    state.arrivedAt(),
                    state.startAt(),
                    state.streamTime(),
                    state.cachedTo(),
                    state.beat() + 1);
            content.tell(shardId);
            return new Loaded.Found<>(true);
        }
    }

    @Override
    public void close() {}
}
