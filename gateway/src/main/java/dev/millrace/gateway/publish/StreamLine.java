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

    /** The line of a reading. */
    public static StreamLine of(Reading reading) {
        return new StreamLine(reading.sensorId(), ReadingEncoder.encode(reading));
    }
}
