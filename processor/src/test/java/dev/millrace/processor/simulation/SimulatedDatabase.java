package dev.millrace.processor.simulation;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.store.CommitResult;
import dev.millrace.processor.store.DetectorState;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL, as far as it matters: sessions that can be cut, transactions that hold a shard's row while they are open, waiters
 * for it, time-outs of both, commits of which the client learns nothing and that happen all the same, or later, or not.
 *
 * <p>It is long because all of that is one model of transactions: each fault changes what the others may do.
 */
final class SimulatedDatabase {

    /** A reading with this text is one that the database refuses. */
    static final String UNSTORABLE = "unstorable";

    private static final int MOST_LATE_MILLIS = 4_000;

    /** Which of its tests it makes: without one of them it is no fence. */
    record Tests(boolean epoch, boolean position) {

        static final Tests ALL = new Tests(true, true);
    }

    private final Scheduler scheduler;
    private final Server server;
    private final RandomGenerator random;
    private final LeaseTime time;
    private final Tests tests;
    private final Invariants invariants;
    private final Content content = new Content();
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, Session> locks = new HashMap<>();
    private final Map<String, Deque<Waiter>> waiters = new HashMap<>();
    private final Map<SimulatedProcess, Runnable> listeners = new LinkedHashMap<>();
    private long clockSkewMillis;
    private long readOnlyUntil;
    private int doubtfulPercent;
    private @Nullable Consumer<SimulatedProcess> inTransaction;

    /** A connection. */
    static final class Session {

        private final SimulatedProcess process;
        private boolean open = true;

        /** The row that its transaction has changed; empty outside of a transaction. */
        private String locked = "";

        /** Whether its COMMIT is under way: that goes on when the client is gone. */
        private boolean committing;

        /** Rises with every statement, so that a time-out finds out whether the session was idle all the while. */
        private int statements;

        Session(SimulatedProcess process) {
            this.process = process;
        }
    }

    /** Who waits for a row. */
    private static final class Waiter {

        private final Session session;
        private final Consumer<Boolean> granted;
        private boolean over;

        Waiter(Session session, Consumer<Boolean> granted) {
            this.session = session;
            this.granted = granted;
        }
    }

    SimulatedDatabase(
            Scheduler scheduler,
            Server server,
            RandomGenerator random,
            LeaseTime time,
            Tests tests,
            Invariants invariants) {
        this.scheduler = scheduler;
        this.server = server;
        this.random = random;
        this.time = time;
        this.tests = tests;
        this.invariants = invariants;
    }

    Content content() {
        return content;
    }

    Server server() {
        return server;
    }

    /** So many of a hundred commits have an outcome of which the client learns nothing. */
    void doubtful(int percent) {
        doubtfulPercent = percent;
    }

    /** Runs once, when some process has written its batch and not yet committed it. */
    void whenInTransaction(Consumer<SimulatedProcess> then) {
        inTransaction = then;
    }

    /** It refuses to write. */
    void readOnly(long nanos) {
        readOnlyUntil = scheduler.now() + nanos;
    }

    /** All sessions are cut; what they had not committed is gone. */
    void restart() {
        List.copyOf(sessions).forEach(this::cut);
    }

    /** Another server takes over, which lacks the commits of the last while. */
    void failOver(long lostNanos) {
        restart();
        int lost = content.loseAfter(scheduler.now() - lostNanos);
        clockSkewMillis = random.nextInt(100) - 50L;
        scheduler.note("the database has failed over and lost " + lost + " commits");
    }

    Session connect(SimulatedProcess process) {
        Session session = new Session(process);
        sessions.add(session);
        return session;
    }

    /** A client closes its connection, or its host does so for it. */
    void end(Session session) {
        if (!session.committing) {
            cut(session);
        }
    }

    private void cut(Session session) {
        session.open = false;
        sessions.remove(session);
        unlock(session);
    }

    /** The sessions of a process that is gone: the server learns of it at once, or after a while. */
    void lost(SimulatedProcess process) {
        listeners.remove(process);
        boolean atOnce = random.nextBoolean();
        for (Session session : List.copyOf(sessions)) {
            if (session.process == process) {
                scheduler.after(atOnce ? 0 : TimeUnit.MILLISECONDS.toNanos(random.nextInt(20_000)), () -> end(session));
            }
        }
    }

    /** Runs at a process when some shard was given up. */
    void listen(SimulatedProcess process, Runnable listener) {
        listeners.put(process, listener);
    }

    private void tell() {
        listeners.forEach((process, listener) -> {
            if (random.nextInt(10) > 0 && server.reaches(process)) {
                scheduler.after(server.latency(), () -> {
                    if (!process.crashed()) {
                        listener.run();
                    }
                });
            }
        });
    }

    private boolean refusesWrites() {
        return scheduler.now() < readOnlyUntil;
    }

    /** Waits for a shard's row until nobody has it, or too long. */
    private void whenFree(Session session, String shardId, Consumer<Boolean> granted) {
        if (!locks.containsKey(shardId)) {
            granted.accept(true);
            return;
        }
        Waiter waiter = new Waiter(session, granted);
        waiters.computeIfAbsent(shardId, _ -> new ArrayDeque<>()).add(waiter);
        scheduler.after(TimeUnit.MILLISECONDS.toNanos(time.lockMillis()), () -> {
            if (!waiter.over) {
                waiter.over = true;
                granted.accept(false);
            }
        });
    }

    private void unlock(Session session) {
        String shardId = session.locked;
        session.locked = "";
        if (shardId.isEmpty()) {
            return;
        }
        locks.remove(shardId);
        Deque<Waiter> queue = waiters.getOrDefault(shardId, new ArrayDeque<>());
        while (!locks.containsKey(shardId) && !queue.isEmpty()) {
            Waiter next = queue.remove();
            if (!next.over && next.session.open) {
                next.over = true;
                next.granted.accept(true);
            }
        }
    }

    /** Cuts a session that does nothing in a transaction. */
    private void watchIdle(Session session) {
        int statements = ++session.statements;
        scheduler.after(TimeUnit.MILLISECONDS.toNanos(time.idleInTransactionMillis()), () -> {
            if (session.open && session.statements == statements && !session.locked.isEmpty()) {
                scheduler.note("the database ends an idle transaction of " + session.process.owner());
                end(session);
            }
        });
    }

    /** The first statement of a commit; empty: the transaction goes on. */
    void moveOn(Session session, String shardId, Progress from, Work work, Consumer<Optional<CommitResult>> answer) {
        if (!session.open || refusesWrites()) {
            answer.accept(Optional.of(new CommitResult.Unavailable("connection closed, or read only")));
            return;
        }
        whenFree(session, shardId, granted -> {
            Content.Row row = content.row(shardId);
            if (!granted) {
                answer.accept(Optional.of(new CommitResult.Unavailable("lock time-out")));
            } else if (row == null || !moves(row.state(), from, work)) {
                answer.accept(Optional.of(new CommitResult.Fenced()));
            } else {
                locks.put(shardId, session);
                session.locked = shardId;
                watchIdle(session);
                answer.accept(Optional.empty());
            }
        });
    }

    private boolean moves(ShardState stored, Progress from, Work work) {
        Progress progress = stored.progress();
        OptionalLong beat = work.snapshots().beat();
        return (!tests.epoch || progress.epoch() == from.epoch())
                && (!tests.position || progress.position().equals(from.position()))
                && (!tests.position || !tests.epoch || beat.isEmpty() || beat.getAsLong() == stored.beat())
                && !progress.closed();
    }

    /** The other statements of a commit; empty: they are done. */
    void write(Session session, Work work, Consumer<Optional<CommitResult>> answer) {
        session.statements++;
        scheduler.after(server.latency(), () -> {
            if (!session.open) {
                answer.accept(Optional.of(new CommitResult.Unavailable("connection lost")));
            } else if (isRefused(work)) {
                unlock(session);
                answer.accept(Optional.of(new CommitResult.Refused("22P05", "it is unstorable")));
            } else {
                watchIdle(session);
                answer.accept(Optional.empty());
                if (inTransaction != null) {
                    inTransaction.accept(session.process);
                    inTransaction = null;
                }
            }
        });
    }

    private static boolean isRefused(Work work) {
        return work.samples().stream()
                .anyMatch(sample -> sample.measurement() instanceof Measurement.State(var _, String value)
                        && value.equals(UNSTORABLE));
    }

    /** The end of a commit. */
    void commit(Session session, String shardId, Progress from, Work work, Consumer<CommitResult> answer) {
        if (!session.open || !shardId.equals(session.locked)) {
            answer.accept(new CommitResult.Unavailable("connection lost before the commit"));
            return;
        }
        session.statements++;
        boolean doubtful = random.nextInt(100) < doubtfulPercent;
        if (!doubtful) {
            answer.accept(new CommitResult.Committed(apply(session, shardId, from, work)));
            return;
        }
        // the client learns nothing; the server goes on with it, at once or late, or is broken off
        boolean happens = random.nextInt(4) > 0;
        long late = random.nextBoolean() ? 0 : TimeUnit.MILLISECONDS.toNanos(random.nextInt(MOST_LATE_MILLIS));
        session.committing = true;
        scheduler.note("a commit of " + session.process.owner() + " has an unknown outcome");
        answer.accept(new CommitResult.Unavailable("connection lost in the commit"));
        scheduler.after(late, () -> {
            if (session.open && happens) {
                apply(session, shardId, from, work);
            }
            cut(session);
        });
    }

    private int apply(Session session, String shardId, Progress from, Work work) {
        Content.Row row = content.row(shardId);
        if (row == null) {
            throw new AssertionError(shardId + " has no row");
        }
        invariants.beforeCommit(session.process, shardId, row, from, work, content);
        ShardState state = row.state();
        int rows = content.store(shardId, work);
        content.putRow(
                shardId,
                new Content.Row(
                        new ShardState(
                                new Progress(work.position(), state.progress().epoch(), work.closed()),
                                state.owner(),
                                work.arrivedAt().isPresent() ? work.arrivedAt() : state.arrivedAt(),
                                state.startAt(),
                                work.streamTime().isPresent() ? work.streamTime() : state.streamTime(),
                                work.cachedTo().isPresent() ? work.cachedTo() : state.cachedTo(),
                                state.beat() + 1,
                                work.snapshots().state().orElse(state.detector())),
                        row.userRecords() + work.userRecords()));
        content.commit(scheduler.now());
        scheduler.note(session.process.owner() + " commits " + shardId + " at " + work.position() + " with "
                + work.userRecords() + " user records" + (work.closed() ? ", its last" : ""));
        invariants.afterCommit(shardId, content);
        unlock(session);
        return rows;
    }

    /** Gives a shard up; empty where that is not possible now. */
    void release(Session session, String shardId, long epoch, Consumer<Optional<Boolean>> answer) {
        change(session, shardId, answer, row -> {
            if (row == null || row.state().progress().epoch() != epoch) {
                return false;
            }
            put(shardId, row, Optional.empty(), row.state().progress());
            scheduler.note(session.process.owner() + " gives " + shardId + " up");
            tell();
            return true;
        });
    }

    /** Takes a shard; empty where that is not possible now, and in that where someone else was first. */
    void take(
            Session session,
            String shardId,
            Optional<ShardState> seen,
            String owner,
            Consumer<Optional<Optional<Long>>> answer) {
        Consumer<Optional<Optional<Long>>> orLocked =
                result -> answer.accept(session.open && result.isEmpty() ? Optional.of(Optional.empty()) : result);
        change(session, shardId, orLocked, row -> {
            if (!Optional.ofNullable(row)
                    .map(current -> version(current.state()))
                    .equals(seen.map(SimulatedDatabase::version))) {
                return Optional.empty();
            }
            Progress before = row == null ? SimulatedStores.UNREAD : row.state().progress();
            long epoch = Math.max(before.epoch() + 1, scheduler.now() / 1_000_000 + clockSkewMillis);
            put(shardId, row, Optional.of(owner), new Progress(before.position(), epoch, before.closed()));
            invariants.taken(shardId, epoch);
            scheduler.note(owner + " takes " + shardId + " at epoch " + epoch + " from "
                    + seen.flatMap(ShardState::owner).orElse("nobody"));
            return Optional.of(epoch);
        });
    }

    /** What tells whether a row is still what it was, as the statement has it: one column more would be one more to send. */
    private static List<Object> version(ShardState state) {
        return List.of(state.progress().epoch(), state.owner(), state.beat());
    }

    /** Resolves where the stream begins; empty where that is not possible now. */
    void begin(Session session, OptionalLong startAt, List<String> shardIds, Consumer<Optional<OptionalLong>> answer) {
        change(session, "", answer, _ -> {
            OptionalLong before = content.startAt();
            if (before != null) {
                return before;
            }
            if (!content.rows().isEmpty()) {
                // begun by someone who did not store where
                content.putStart(OptionalLong.empty());
                return OptionalLong.empty();
            }
            content.putStart(startAt);
            scheduler.note("the stream begins at " + startAt);
            if (startAt.isPresent()) {
                for (String shardId : shardIds) {
                    content.putRow(
                            shardId,
                            new Content.Row(
                                    new ShardState(
                                            SimulatedStores.UNREAD,
                                            Optional.empty(),
                                            OptionalLong.empty(),
                                            startAt,
                                            OptionalLong.empty(),
                                            OptionalLong.empty(),
                                            0,
                                            DetectorState.NONE),
                                    0));
                }
            }
            return startAt;
        });
    }

    private interface Change<T> {
        T to(Content.@Nullable Row row);
    }

    /** A statement that is a transaction of its own. */
    private <T> void change(Session session, String shardId, Consumer<Optional<T>> answer, Change<T> change) {
        if (!session.open || refusesWrites()) {
            answer.accept(Optional.empty());
            return;
        }
        whenFree(session, shardId, granted -> {
            if (granted) {
                T result = change.to(content.row(shardId));
                content.commit(scheduler.now());
                answer.accept(Optional.of(result));
            } else {
                answer.accept(Optional.empty());
            }
        });
    }

    private void put(String shardId, Content.@Nullable Row before, Optional<String> owner, Progress progress) {
        content.putRow(
                shardId,
                new Content.Row(
                        new ShardState(
                                progress,
                                owner,
                                before == null
                                        ? OptionalLong.empty()
                                        : before.state().arrivedAt(),
                                before == null
                                        ? OptionalLong.empty()
                                        : before.state().startAt(),
                                before == null
                                        ? OptionalLong.empty()
                                        : before.state().streamTime(),
                                before == null
                                        ? OptionalLong.empty()
                                        : before.state().cachedTo(),
                                before == null ? 0 : before.state().beat() + 1,
                                before == null
                                        ? DetectorState.NONE
                                        : before.state().detector()),
                        before == null ? 0 : before.userRecords()));
    }
}
