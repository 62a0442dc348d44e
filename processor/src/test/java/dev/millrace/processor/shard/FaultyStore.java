package dev.millrace.processor.shard;

import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.ShardStore;
import dev.millrace.processor.store.StoredSeries;
import dev.millrace.processor.store.Work;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A store whose uses fail when they are told to. */
final class FaultyStore implements ShardStore {

    /** How the next use of the store goes. */
    enum Fault {
        NONE,
        /** Nothing happens. */
        AWAY,
        /** It happens, but the answer is lost. */
        ANSWER_LOST,
        /** The answer is lost, and it happens when the next commit is tried. */
        LATE,
        /** Another process that works on the shard does it first. */
        RIVAL,
        /** The database refuses a row of it. */
        REFUSED,
        /** A fault of ours. */
        BUG,
        /** The process is gone before anything happens. */
        KILLED,
        /** The process is gone when it has happened. */
        KILLED_AFTER
    }

    /** Ends a loop as if its process were gone. */
    static final class Killed extends Error {

        private static final long serialVersionUID = 1L;
    }

    private final ShardStore store;
    private final Supplier<Fault> faults;
    final List<CommitResult> commits = new ArrayList<>();
    int closed;
    int released;
    Predicate<Work> refused = _ -> false;

    /** How the uses go that only a take-over makes. */
    Supplier<Fault> takeOverFaults = () -> Fault.NONE;

    /** Whether the journal is there. */
    BooleanSupplier hasJournal = () -> true;

    /** How the uses of the journal go. */
    Supplier<Fault> journalFaults = () -> Fault.NONE;

    private Runnable late = () -> {};

    /** What does not commit in time. */
    Predicate<Work> slow = _ -> false;

    FaultyStore(ShardStore store, Supplier<Fault> faults) {
        this.store = store;
        this.faults = faults;
    }

    @Override
    public Loaded<ShardState> state() {
        return load(faults, store::state);
    }

    @Override
    public Loaded<Map<SeriesId, StoredSeries>> series(Collection<SeriesId> ids) {
        return load(faults, () -> store.series(ids));
    }

    @Override
    public Loaded<Map<SeriesId, OptionalLong>> watched(HashKeyRange range) {
        return load(takeOverFaults, () -> store.watched(range));
    }

    @Override
    public Loaded<Set<Position>> unstorable(Position after, Position upTo) {
        return load(takeOverFaults, () -> store.unstorable(after, upTo));
    }

    @Override
    public Loaded<List<JournalPage>> journal(long mostBytes) {
        if (journalFaults.get() != Fault.NONE) {
            return new Loaded.Unavailable<>("the journal is away");
        }
        return load(
                takeOverFaults,
                () -> hasJournal.getAsBoolean() ? store.journal(mostBytes) : new Loaded.Found<>(List.of()));
    }

    @Override
    public Loaded<Optional<String>> rules(int version) {
        return load(takeOverFaults, () -> store.rules(version));
    }

    private static <T> Loaded<T> load(Supplier<Fault> faults, Supplier<Loaded<T>> question) {
        return switch (faults.get()) {
            case AWAY, ANSWER_LOST -> new Loaded.Unavailable<>("away");
            case BUG -> throw new IllegalStateException("a fault of ours");
            case KILLED, KILLED_AFTER -> throw new Killed();
            case NONE, RIVAL, REFUSED, LATE -> question.get();
        };
    }

    @Override
    public CommitResult commit(Progress from, Work work) {
        if (refused.test(work)) {
            commits.add(new CommitResult.Refused("22003", "out of range"));
            return commits.getLast();
        }
        if (slow.test(work)) {
            commits.add(new CommitResult.Unavailable("canceling statement due to statement timeout"));
            return commits.getLast();
        }
        late.run();
        late = () -> {};
        CommitResult result =
                switch (faults.get()) {
                    case LATE -> {
                        late = () -> store.commit(from, work);
                        yield new CommitResult.Unavailable("unknown");
                    }
                    case NONE -> store.commit(from, work);
                    case AWAY -> new CommitResult.Unavailable("away");
                    case ANSWER_LOST -> {
                        store.commit(from, work);
                        yield new CommitResult.Unavailable("unknown");
                    }
                    case RIVAL -> {
                        store.commit(from, work);
                        yield store.commit(from, work);
                    }
                    case REFUSED -> new CommitResult.Refused("22003", "out of range");
                    case BUG -> throw new IllegalStateException("a fault of ours");
                    case KILLED -> throw new Killed();
                    case KILLED_AFTER -> {
                        store.commit(from, work);
                        throw new Killed();
                    }
                };
        commits.add(result);
        return result;
    }

    @Override
    public Loaded<Boolean> release(long epoch) {
        released++;
        return store.release(epoch);
    }

    @Override
    public void close() {
        closed++;
        store.close();
    }
}
