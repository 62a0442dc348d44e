package dev.millrace.processor.anomaly.detect;

import java.util.OptionalLong;

/**
 * How an anomaly goes on after its opening.
 *
 * @param closedAt the timestamp of the reading that ended it; of a silence, when the next value reached the stream; empty: open
 * @param arrivedAt when the last thing that changed it reached the stream
 * @param peak its most extreme measure so far: the value (above, below), the change for the rule's unit of time (rate), seconds
 *     (flat, silent), robust standard deviations (deviates), the score (unusual), 0 (state)
 * @param count the readings that breached the condition while it was open, the one that opened it among them; none of a silence
 * @param revision 1 since its opening, and greater with each later thing worth telling: of two, the greater is the later
 */
public record Course(OptionalLong closedAt, long arrivedAt, double peak, long count, int revision) {

    static final int OPENED = 1;
    static final int CLOSED = 2;
}
