package dev.millrace.processor.simulation;

import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.StartPosition;
import dev.millrace.processor.store.StoredSeries;
import dev.millrace.processor.store.StreamStore;
import dev.millrace.processor.store.Work;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A process's way to the database: each store has a session of its own, and another one after a failure. */
final class SimulatedStores {

    static final Progress UNREAD = new Progress(Position.START, 0, false);

    private final Scheduler scheduler;
    private final SimulatedDatabase database;
    private final SimulatedProcess process;
    private final RandomGenerator random;

    SimulatedStores(Scheduler scheduler, SimulatedDatabase database, SimulatedProcess process, RandomGenerator random) {
        this.scheduler = scheduler;
        this.database = database;
        this.process = process;
        this.random = random;
    }

    StreamStore stream() {
        return new OfStream();
    }

    ShardStore shard(String shardId) {
        return new OfShard(shardId);
    }

    /** A statement that was sent, and to what end. */
    private interface Statement<T> {
        void run(SimulatedDatabase.Session session, Consumer<T> answer);
    }

    private abstract class Client {

        private SimulatedDatabase.@Nullable Session session;

        /** Sends a statement; empty: there is no answer, and the connection is given up. */
        <T> Optional<T> send(Statement<T> statement) {
            SimulatedDatabase.Session own = session == null ? database.connect(process) : session;
            session = own;
            Optional<T> answer = process.ask(database.server(), (Consumer<T> consumer) -> statement.run(own, consumer));
            if (answer.isEmpty()) {
                drop();
            }
            return answer;
        }

        <T> Loaded<T> load(Statement<Optional<T>> statement) {
            Optional<T> answer = send(statement).flatMap(inner -> inner);
            if (answer.isEmpty()) {
                drop();
                return new Loaded.Unavailable<>("PostgreSQL is away");
            }
            return new Loaded.Found<>(answer.get());
        }

        /** The server learns of it, sooner or later. */
        void drop() {
            SimulatedDatabase.Session dropped = session;
            session = null;
            if (dropped != null) {
                boolean soon = database.server().reaches(process);
                scheduler.after(
                        soon ? database.server().latency() : TimeUnit.MILLISECONDS.toNanos(random.nextInt(20_000)),
                        () -> database.end(dropped));
            }
        }
    }

    private final class OfStream extends Client implements StreamStore {

        @Override
        public void close() {
            drop();
        }

        @Override
        public Loaded<OptionalLong> begin(StartPosition wanted, long now, List<String> shardIds) {
            OptionalLong startAt =
                    switch (wanted) {
                        case StartPosition.TrimHorizon _ -> OptionalLong.empty();
                        case StartPosition.Latest _ -> OptionalLong.of(now);
                        case StartPosition.At(long micros) -> OptionalLong.of(micros);
                    };
            return load((session, answer) -> database.begin(session, startAt, shardIds, answer));
        }

        @Override
        public Loaded<Map<String, ShardState>> shards() {
            return load((session, answer) -> {
                Map<String, ShardState> states = new TreeMap<>();
                database.content().rows().forEach((shardId, row) -> states.put(shardId, row.state()));
                answer.accept(Optional.of(states));
            });
        }

        @Override
        public Loaded<Optional<Long>> take(String shardId, Optional<ShardState> seen, String owner) {
            return load((session, answer) -> database.take(session, shardId, seen, owner, answer));
        }
    }

    private final class OfShard extends Client implements ShardStore {

        private final String shardId;

        OfShard(String shardId) {
            this.shardId = shardId;
        }

        @Override
        public void close() {
            drop();
        }

        @Override
        public Loaded<ShardState> state() {
            return load((session, answer) -> answer.accept(
                    Optional.ofNullable(database.content().row(shardId)).map(Content.Row::state)));
        }

        @Override
        public Loaded<Map<SeriesId, StoredSeries>> series(Collection<SeriesId> ids) {
            return load((session, answer) ->
                    answer.accept(Optional.of(database.content().series(ids))));
        }

        @Override
        public Loaded<Map<SeriesId, OptionalLong>> watched(HashKeyRange range) {
            return load((session, answer) ->
                    answer.accept(Optional.of(database.content().watched(range))));
        }

        @Override
        public Loaded<Set<Position>> unstorable(Position after, Position upTo) {
            return load((session, answer) ->
                    answer.accept(Optional.of(database.content().unstorable(shardId, after, upTo))));
        }

        @Override
        public Loaded<List<JournalPage>> journal(long mostBytes) {
            return load((session, answer) ->
                    answer.accept(Optional.of(database.content().journal(shardId))));
        }

        @Override
        public Loaded<Optional<String>> rules(int version) {
            throw new AssertionError("there is one version of the rules");
        }

        @Override
        public CommitResult commit(Progress from, Work work) {
            Optional<CommitResult> failed =
                    open(send((session, answer) -> database.moveOn(session, shardId, from, work, answer)));
            if (failed.isEmpty()) {
                failed = open(send((session, answer) -> database.write(session, work, answer)));
            }
            if (failed.isPresent()) {
                return failed.get();
            }
            CommitResult result = this.<CommitResult>send(
                            (session, answer) -> database.commit(session, shardId, from, work, answer))
                    .orElseGet(() -> new CommitResult.Unavailable("no answer"));
            if (result instanceof CommitResult.Unavailable) {
                drop();
            }
            return result;
        }

        /** Why a transaction cannot go on; empty where it can. */
        private Optional<CommitResult> open(Optional<Optional<CommitResult>> answer) {
            Optional<CommitResult> failed =
                    answer.orElseGet(() -> Optional.of(new CommitResult.Unavailable("no answer")));
            if (failed.isPresent() && failed.get() instanceof CommitResult.Unavailable) {
                drop();
            }
            return failed;
        }

        @Override
        public Loaded<Boolean> release(long epoch) {
            return load((session, answer) -> database.release(session, shardId, epoch, answer));
        }
    }
}
