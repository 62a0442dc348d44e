package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;

/**
 * One reading on its way: the line that the stream will hold, and whom to tell.
 *
 * @param position its place in the submission
 */
record Pending(Submission submission, int position, StreamLine line) {

    /** What it takes beside the line, roughly: itself, a place in a queue, its bits of the submission. */
    static final int OVERHEAD = 48;

    /** The memory that it is counted with, always the same. */
    int bytes() {
        return line.bytes() + OVERHEAD + submission.overheadPerReading();
    }

    /** Computed anew each time: it is asked for at a reshard only, and would take more room than it saves time. */
    HashKey hashKey() {
        return HashKey.ofPartitionKey(line.sensorId());
    }
}
