package dev.millrace.core.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Decodes bodies into readings, in one pass over their bytes and in linear time. An item that is no reading is refused alone,
 * and the others stand.
 *
 * <p>Thread-safe; the {@link BodyDecoder}s that it makes are not.
 */
public final class ReadingDecoder {

    /** The most readings of one body. */
    public static final int MAX_READINGS = 10_000;

    private final ReadingLimits limits;
    private final int maxBytes;
    private final ParserSource source = new ParserSource();

    /** A decoder of what clients send: a reading has at most {@link Reading#MAX_BYTES}. */
    public ReadingDecoder(ReadingLimits limits) {
        this(limits, Reading.MAX_BYTES);
    }

    /** @param maxBytes the most bytes that one reading may have in the body */
    public ReadingDecoder(ReadingLimits limits, int maxBytes) {
        this.limits = limits;
        this.maxBytes = maxBytes;
    }

    /**
     * Begins a body that comes in pieces.
     *
     * @param now the time of receipt that the limits refer to, microseconds since 1970
     * @param receiptTime asked for the time of each reading that has none
     * @param sink is given each item as soon as it is complete
     */
    public BodyDecoder begin(BodyFormat format, long now, LongSupplier receiptTime, ReadingSink sink) {
        return begin(format, now, receiptTime, Optional.empty(), sink);
    }

    /**
     * Begins a body that comes in pieces and was sent for one sensor.
     *
     * @param now the time of receipt that the limits refer to, microseconds since 1970
     * @param receiptTime asked for the time of each reading that has none
     * @param sensorId the sensor of readings that name none; one that names another is refused. Empty: each must name its own
     * @param sink is given each item as soon as it is complete
     * @throws IllegalArgumentException if {@code sensorId} is none that a reading may have
     */
    public BodyDecoder begin(
            BodyFormat format, long now, LongSupplier receiptTime, Optional<String> sensorId, ReadingSink sink) {
        ItemDecoder.Receipt receipt = new ItemDecoder.Receipt(limits, maxBytes, now, receiptTime, sensorId);
        return switch (format) {
            case JSON -> new JsonBodyDecoder(source, receipt, sink);
            case NDJSON -> new NdjsonBodyDecoder(source, receipt, sink);
        };
    }

    /**
     * Decodes a whole JSON body.
     *
     * @param now the time of receipt that the limits refer to, microseconds since 1970
     * @param receiptTime asked for the time of each reading that has none
     */
    public Decoded decode(byte[] body, long now, LongSupplier receiptTime) {
        return decode(body, 0, body.length, now, receiptTime);
    }

    /** Decodes {@code length} bytes from {@code offset} on; otherwise like {@link #decode(byte[], long, LongSupplier)}. */
    public Decoded decode(byte[] body, int offset, int length, long now, LongSupplier receiptTime) {
        List<Reading> readings = new ArrayList<>();
        List<Rejection> rejections = new ArrayList<>();
        ReadingSink sink = new ReadingSink() {
            @Override
            public void accept(int index, Reading reading) {
                readings.add(reading);
            }

            @Override
            public void reject(Rejection rejection) {
                rejections.add(rejection);
            }
        };
        ItemDecoder.Receipt receipt = new ItemDecoder.Receipt(limits, maxBytes, now, receiptTime, Optional.empty());
        return switch (new JsonBodyDecoder(source, receipt, sink).decode(body, offset, length)) {
            case BodyResult.Complete(boolean single) -> new Decoded.Batch(single, readings, rejections);
            case BodyResult.Malformed(String detail, int line, int column) ->
                new Decoded.Malformed(detail, line, column);
            case BodyResult.TooMany(int limit) -> new Decoded.TooMany(limit);
        };
    }
}
