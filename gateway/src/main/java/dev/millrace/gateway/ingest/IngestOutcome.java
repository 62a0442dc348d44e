package dev.millrace.gateway.ingest;

import java.util.List;

/** What became of a body of readings. Positions count from 0 within the body. */
public sealed interface IngestOutcome {

    /** The stream holds every reading that was not rejected, and there is at least one. */
    record Accepted(int accepted, List<ItemRefusal> rejected) implements IngestOutcome {}

    /**
     * Some readings may not be in the stream and are to be sent again; to send all again is safe too.
     *
     * @param overloaded whether for want of room or rate; else because the stream does not answer
     */
    record Incomplete(int accepted, List<Integer> retry, List<ItemRefusal> rejected, boolean overloaded)
            implements IngestOutcome {}

    /** No item of the body is a reading; {@code single}: the body was one item, not an array. */
    record NoneValid(boolean single, List<ItemRefusal> rejected) implements IngestOutcome {}

    /** The body is not in its format; nothing was published. */
    record Malformed(String detail, int line, int column) implements IngestOutcome {}

    /** The body has more readings than one may have; nothing was published. */
    record TooManyReadings(int limit) implements IngestOutcome {}

    /** The stream has not been reached since the start. */
    record NotStarted() implements IngestOutcome {}

    /** The process is about to stop. */
    record ShuttingDown() implements IngestOutcome {}
}
