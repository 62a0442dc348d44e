package dev.millrace.processor.alert;

import java.util.Map;

/** All that there is of alerts. Its methods block; for one thread. */
public interface AlertStock {

    /** How it stands with the destinations of this process. */
    Answer look();

    /** Deletes what has been over for long. */
    Answer clean();

    /** Gives back what it holds. */
    void close();

    /** What became of asking. */
    sealed interface Answer {}

    /**
     * How it stands.
     *
     * @param waiting what a destination has not got yet, by destination; only destinations that something waits for
     * @param dead how many messages were given up, by destination; only destinations that have some
     */
    record Looked(Map<String, Waiting> waiting, Map<String, Long> dead) implements Answer {}

    /**
     * What waits for a destination.
     *
     * @param oldestSeconds since when the oldest alert does
     */
    record Waiting(long alerts, double oldestSeconds) {

        static final Waiting NOTHING = new Waiting(0, 0);

        /** What waits for either of two. */
        Waiting with(Waiting other) {
            return new Waiting(alerts + other.alerts, Math.max(oldestSeconds, other.oldestSeconds));
        }
    }

    /** So many alerts were deleted. */
    record Cleaned(long alerts) implements Answer {}

    /** The database was away, or refused. */
    record Away(String reason) implements Answer {}
}
