package dev.millrace.gateway.publish;

import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingEncoder;

/**
 * A reading as the stream will hold it.
 *
 * @param sensorId its partition key
 * @param data the reading's line, its line feed included; never changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StreamLine(String sensorId, byte[] data) {

    /** The record, two array headers, the id's string, a place in a list. */
    private static final int OVERHEAD = 112;

    /** The memory that it takes, roughly. */
    public int bytes() {
        return OVERHEAD + sensorId.length() + data.length;
    }

    /** The line of a reading. */
    public static StreamLine of(Reading reading) {
        return new StreamLine(reading.sensorId(), ReadingEncoder.encode(reading));
    }
}
