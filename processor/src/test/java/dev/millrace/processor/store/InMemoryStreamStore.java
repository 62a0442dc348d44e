package dev.millrace.processor.store;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** A stream's store as the contract has it, without a database. Several may share one {@link Content}. */
public final class InMemoryStreamStore implements StreamStore {

    private final Content content;
    private final LongSupplier millis;

    /** @param millis the database's clock, milliseconds since 1970 */
    public InMemoryStreamStore(Content content, LongSupplier millis) {
        this.content = content;
        this.millis = millis;
    }

    @Override
    public Loaded<OptionalLong> begin(StartPosition wanted, long now, List<String> shardIds) {
        synchronized (content) {
            if (content.start.isEmpty()) {
                OptionalLong start =
                        switch (wanted) {
                            case StartPosition.TrimHorizon _ -> OptionalLong.empty();
                            case StartPosition.Latest _ -> OptionalLong.of(now);
                            case StartPosition.At(long micros) -> OptionalLong.of(micros);
                        };
                content.start = Optional.of(content.shards.isEmpty() ? start : OptionalLong.empty());
                if (content.start.get().isPresent()) {
                    shardIds.forEach(shardId ->
                            content.shards.put(shardId, new Content.Shard(state(1, Optional.empty(), start, 0))));
                }
            }
            return new Loaded.Found<>(content.start.get());
        }
    }

    private static ShardState state(long epoch, Optional<String> owner, OptionalLong startAt, long beat) {
        return new ShardState(
                new Progress(Position.START, epoch, false),
                owner,
                OptionalLong.empty(),
                startAt,
                OptionalLong.empty(),
                OptionalLong.empty(),
                beat,
                DetectorState.NONE);
    }

    @Override
    public Loaded<Map<String, ShardState>> shards() {
        return new Loaded.Found<>(content.states());
    }

    @Override
    public Loaded<Optional<Long>> take(String shardId, Optional<ShardState> seen, String owner) {
        synchronized (content) {
            Optional<ShardState> stored = content.state(shardId);
            if (!stored.map(InMemoryStreamStore::identity).equals(seen.map(InMemoryStreamStore::identity))) {
                return new Loaded.Found<>(Optional.empty());
            }
            if (stored.isEmpty()) {
                long epoch = millis.getAsLong();
                content.shards.put(
                        shardId, new Content.Shard(state(epoch, Optional.of(owner), OptionalLong.empty(), 0)));
                return new Loaded.Found<>(Optional.of(epoch));
            }
            ShardState old = stored.get();
            long epoch = Math.max(old.progress().epoch() + 1, millis.getAsLong());
            Objects.requireNonNull(content.shards.get(shardId)).state = new ShardState(
                    new Progress(
                            old.progress().position(), epoch, old.progress().closed()),
                    Optional.of(owner),
                    old.arrivedAt(),
                    old.startAt(),
                    old.streamTime(),
                    old.cachedTo(),
                    old.beat() + 1,
                    old.detector());
            return new Loaded.Found<>(Optional.of(epoch));
        }
    }

    private record Identity(long epoch, Optional<String> owner, long beat) {}

    private static Identity identity(ShardState state) {
        return new Identity(state.progress().epoch(), state.owner(), state.beat());
    }

    @Override
    public void close() {}
}
