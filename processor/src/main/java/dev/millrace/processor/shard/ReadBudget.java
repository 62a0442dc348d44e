package dev.millrace.processor.shard;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The bytes that all readers of a process may hold at a time, by what they expect. Whoever waits for room gets it in the order of asking; who asks
 * while nothing is held gets it whatever the size, so that a small budget makes reading slow and never stops it. Thread-safe.
 */
public final class ReadBudget {

    private final long bytes;
    private final Deque<Claim> waiting = new ArrayDeque<>();
    private long held;

    /** @param bytes above zero */
    public ReadBudget(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a budget must be above zero bytes");
        }
        this.bytes = bytes;
    }

    /** Room that is there at once and that nobody waits for; never more than the budget. */
    public synchronized Optional<Room> tryTake(long amount) {
        if (!waiting.isEmpty() || held + amount > bytes) {
            return Optional.empty();
        }
        return Optional.of(take(amount));
    }

    /** Asks for room, and waits in line for it. */
    public Claim claim(long amount) {
        Claim claim = new Claim(amount);
        synchronized (this) {
            waiting.add(claim);
        }
        grant();
        return claim;
    }

    /** The bytes held now. */
    public synchronized long held() {
        return held;
    }

    private Room take(long amount) {
        held += amount;
        return new Room(amount);
    }

    /** Gives room to those whose turn has come; tells them outside the lock, because they go on at once. */
    private void grant() {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            for (Claim first = waiting.peek(); first != null; first = waiting.peek()) {
                if (held > 0 && held + first.amount > bytes) {
                    break;
                }
                waiting.remove();
                Room room = take(first.amount);
                Claim granted = first;
                tell.add(() -> granted.give(room));
            }
        }
        tell.forEach(Runnable::run);
    }

    /** A place in the line. */
    public final class Claim {

        private final long amount;
        private final CompletableFuture<Room> room = new CompletableFuture<>();

        private Claim(long amount) {
            this.amount = amount;
        }

        /** Completes once there is room; cancelled where the claim is given up before. */
        public CompletableFuture<Room> room() {
            return room.copy();
        }

        private void give(Room granted) {
            if (!room.complete(granted)) {
                granted.release();
            }
        }

        /** Leaves the line; room that was granted already is given back. */
        public void giveUp() {
            synchronized (ReadBudget.this) {
                waiting.remove(this);
            }
            if (!room.cancel(false) && !room.isCompletedExceptionally()) {
                room.join().release();
            }
            grant();
        }
    }

    /** Bytes that are held. */
    public final class Room {

        private long amount;
        private boolean released;

        private Room(long amount) {
            this.amount = amount;
        }

        /**
         * Becomes as large as is needed. What is there already cannot be refused: it may be more than was asked for, and more than the
         * budget has; then others wait for longer.
         */
        public void fit(long needed) {
            resize(needed, false);
        }

        /** Gives all of it back; a second time does nothing. */
        public void release() {
            resize(0, true);
        }

        private void resize(long needed, boolean last) {
            synchronized (ReadBudget.this) {
                if (!released) {
                    held += needed - amount;
                    amount = needed;
                    released = last;
                }
            }
            grant();
        }
    }
}
