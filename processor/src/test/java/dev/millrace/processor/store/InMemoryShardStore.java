package dev.millrace.processor.store;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

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
    public Loaded<Map<SeriesId, StoredSeries>> series(Collection<SeriesId> ids) {
        synchronized (content) {
            Map<SeriesId, StoredSeries> stored = new HashMap<>();
            for (Content.Identity identity : content.samples.keySet()) {
                if (ids.contains(identity.series())) {
                    stored.merge(
                            identity.series(),
                            new StoredSeries.Rows(identity.at()),
                            (a, b) -> lastAt(a) > lastAt(b) ? a : b);
                }
            }
            for (SeriesId id : ids) {
                SeriesSnapshot snapshot = content.snapshots.get(id);
                if (snapshot != null) {
                    stored.put(id, new StoredSeries.Snapshot(snapshot.state()));
                }
            }
            return new Loaded.Found<>(stored);
        }
    }

    private static long lastAt(StoredSeries stored) {
        return stored instanceof StoredSeries.Rows(long lastAt) ? lastAt : Long.MAX_VALUE;
    }

    @Override
    public Loaded<Map<SeriesId, OptionalLong>> watched(HashKeyRange range) {
        synchronized (content) {
            Map<SeriesId, OptionalLong> watched = new HashMap<>();
            content.snapshots.forEach((id, snapshot) -> {
                if (snapshot.watched() && range.contains(HashKey.ofPartitionKey(id.sensorId()))) {
                    watched.put(id, snapshot.dueAt());
                }
            });
            return new Loaded.Found<>(watched);
        }
    }

    @Override
    public Loaded<Set<Position>> unstorable(Position after, Position upTo) {
        synchronized (content) {
            return new Loaded.Found<>(content.unstorable.getOrDefault(shardId, Set.of()).stream()
                    .filter(place -> place.isBehind(after) && !place.isBehind(upTo))
                    .collect(Collectors.toSet()));
        }
    }

    @Override
    public Loaded<List<JournalPage>> journal(long mostBytes) {
        synchronized (content) {
            List<JournalPage> pages = List.copyOf(content.journal.getOrDefault(shardId, List.of()));
            long bytes = pages.stream().mapToLong(page -> page.fed().length).sum();
            return new Loaded.Found<>(bytes > mostBytes ? List.of() : pages);
        }
    }

    @Override
    public Loaded<Optional<String>> rules(int version) {
        synchronized (content) {
            return new Loaded.Found<>(Optional.ofNullable(content.rules.get(version)));
        }
    }

    @Override
    public CommitResult commit(Progress from, Work work) {
        synchronized (content) {
            Content.Shard shard = content.shards.get(shardId);
            if (shard == null || !from.equals(shard.state.progress()) || from.closed()) {
                return new CommitResult.Fenced();
            }
            if (work.snapshots().beat().isPresent() && work.snapshots().beat().getAsLong() != shard.state.beat()) {
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
                state.beat() + 1,
                work.snapshots().state().orElse(state.detector()));
        shard.userRecords += work.userRecords();
        int rows = 0;
        for (Sample sample : work.samples()) {
            Content.Identity identity = new Content.Identity(sample.series(), sample.at());
            rows += content.samples.putIfAbsent(identity, sample.measurement()) == null ? 1 : 0;
        }
        work.detection()
                .opened()
                .forEach(one -> content.anomalies.putIfAbsent(one.anomaly().id(), StoredAnomaly.of(one)));
        work.detection().changed().forEach(this::goOn);
        work.snapshots()
                .series()
                .forEach(snapshot -> write(snapshot, work.snapshots().upToDate()));
        List<JournalPage> journal = content.journal.computeIfAbsent(shardId, _ -> new ArrayList<>());
        work.snapshots().journal().ifPresent(journal::add);
        work.snapshots()
                .state()
                .flatMap(DetectorState::mark)
                .ifPresent(mark -> journal.removeIf(page -> !page.to().isBehind(mark.position())));
        List<Position> letters = content.deadLetters.computeIfAbsent(shardId, _ -> new ArrayList<>());
        for (DeadLetter letter : work.deadLetters()) {
            letters.add(letter.position());
            if (letter.reason() == DeadLetter.Reason.UNSTORABLE) {
                content.unstorable
                        .computeIfAbsent(shardId, _ -> new HashSet<>())
                        .add(letter.position());
            }
        }
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

    private void write(SeriesSnapshot snapshot, boolean upToDate) {
        content.snapshots.put(snapshot.id(), snapshot);
        snapshot.open().forEach(this::goOn);
        if (upToDate) {
            content.anomalies.replaceAll((id, anomaly) -> anomaly.series().equals(snapshot.id())
                            && anomaly.closedAt().isEmpty()
                            && snapshot.open().stream()
                                    .noneMatch(one -> one.id().equals(id))
                    ? anomaly.closedBy(snapshot.lastAt())
                    : anomaly);
        }
    }

    private void goOn(Detection.Changed changed) {
        content.anomalies.computeIfPresent(
                changed.id(),
                (_, anomaly) -> anomaly.isBehind(changed.course()) ? anomaly.with(changed.course()) : anomaly);
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
                    state.beat() + 1,
                    state.detector());
            content.tell(shardId);
            return new Loaded.Found<>(true);
        }
    }

    @Override
    public void close() {}
}
