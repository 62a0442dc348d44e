package dev.millrace.local.simulate;

import java.util.Optional;

/**
 * Whether the gateway takes readings, as many devices see it. It changes only when several answers in a row say so, so that one
 * lost request among many is no news.
 */
final class Availability {

    /** The news that the gateway's state has changed. */
    sealed interface Change {
        record Available(boolean forTheFirstTime) implements Change {}

        record Unavailable(String reason) implements Change {}
    }

    private enum State {
        UNKNOWN,
        AVAILABLE,
        UNAVAILABLE
    }

    private final int answersInARow;
    private State state = State.UNKNOWN;
    private int contrary;

    Availability(int answersInARow) {
        this.answersInARow = answersInARow;
    }

    /** A reading was accepted. */
    Optional<Change> accepted() {
        State before = state;
        return turnsTo(State.AVAILABLE) ? Optional.of(new Change.Available(before == State.UNKNOWN)) : Optional.empty();
    }

    /** A reading was not accepted. */
    Optional<Change> failed(String reason) {
        return turnsTo(State.UNAVAILABLE) ? Optional.of(new Change.Unavailable(reason)) : Optional.empty();
    }

    private boolean turnsTo(State seen) {
        if (state == seen) {
            contrary = 0;
            return false;
        }
        contrary++;
        if (state != State.UNKNOWN && contrary < answersInARow) {
            return false;
        }
        state = seen;
        contrary = 0;
        return true;
    }
}
