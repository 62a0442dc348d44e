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
     * @param waiting how many alerts a destination has not got yet
     * @param oldestSeconds since when the oldest of them waits; 0: none does
     * @param dead how many messages were given up, by destination; only destinations that have some
     */
    record Looked(long waiting, double oldestSeconds, Map<String, Long> dead) implements Answer {}

    /** So many alerts were deleted. */
    record Cleaned(long alerts) implements Answer {}

    /** The database was away, or refused. */
    record Away(String reason) implements Answer {}
}
