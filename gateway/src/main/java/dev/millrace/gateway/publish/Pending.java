package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;

/**
 * One reading on its way: the line that the stream will hold, and whom to tell.
 *
 * @param position its place in the submission
 */
record Pending(Submission submission, int position, StreamLine line) {

    /** What the objects take beside the line and the sensor's id, roughly. */
    private static final int OVERHEAD = 160;

    /** The memory that it is counted with. */
    int bytes() {
        return line.data().length + line.sensorId().length() + OVERHEAD;
    }

    /** Computed anew each time: it is asked for at a reshard only, and would take more room than it saves time. */
    HashKey hashKey() {
        return HashKey.ofPartitionKey(line.sensorId());
    }
}
