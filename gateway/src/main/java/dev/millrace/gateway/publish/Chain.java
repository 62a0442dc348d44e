package dev.millrace.gateway.publish;

import dev.millrace.gateway.publish.Publication.Reason;
import java.util.Optional;

/**
 * The submissions of one sender that does not wait for their answers, in their order. It breaks when one of its readings is
 * given up, and for good: what of it is not in flight then is given up too, and so is what is added later. Nothing sent later
 * so reaches the stream while something sent before it of the same sensor does not (G2).
 *
 * <p>Safe to hand to {@link Publisher#tryPublish} on any one thread; all else is confined to the publisher's loop.
 */
public final class Chain {

    private final ByteBudget.Part room;
    private Optional<Reason> broken = Optional.empty();

    private Chain(ByteBudget.Part room) {
        this.room = room;
    }

    /** A chain whose submissions may take all the room that there is. */
    public Chain() {
        this(ByteBudget.Part.ALL);
    }

    /**
     * A chain for one submission whose sender does without it rather than wait: it gets none of the last half of the room, of all
     * lanes or of its own, and so nobody waits because of it; what is larger than half of a lane's share is never admitted.
     */
    public static Chain expendable() {
        return new Chain(ByteBudget.Part.FIRST_HALF);
    }

    /** The room that its submissions may use; safe on any thread. */
    ByteBudget.Part room() {
        return room;
    }

    /** Why one of its readings was given up; empty where none was. */
    Optional<Reason> broken() {
        return broken;
    }

    /** Whether this broke it: not where it was broken before. */
    boolean breakFor(Reason why) {
        if (broken.isPresent()) {
            return false;
        }
        broken = Optional.of(why);
        return true;
    }
}
