package dev.millrace.core.reading;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a JSON body, an object or an array of objects, into readings, in one pass over its bytes and in linear time.
 * A body that is no JSON is refused whole; an item that is no reading is refused alone, and the others stand.
 *
 * <p>Thread-safe.
 */
public final class ReadingDecoder {

    /** The most readings of one body. */
    public static final int MAX_READINGS = 10_000;

    /** The deepest nesting of a body, which is skipped without recursion; no reading needs more than 2. */
    private static final int MAX_DEPTH = 1_000;

    /** What may pass through one {@link Source} before the next takes its place. */
    private static final long MAX_SOURCE_BYTES = 1 << 20;

    private final ReadingLimits limits;
    private final int maxBytes;
    private volatile Source source = new Source();

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
     * A parser factory and what has passed through it. Its parsers share a table of all names that they met, because it
     * is what makes Jackson read UTF-8 itself rather than through a Reader that mends broken bytes. The table is emptied by
     * its count of entries, never by their size, so that a client could fill the heap with a few long names; it is given
     * up with the factory, long before that and whatever the names were.
     */
    private static final class Source {

        private final JsonFactory factory = JsonFactory.builder()
                // names come from outside and are not worth keeping for good
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                // the size of a reading limits numbers and names, and is told with the reading's place
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNumberLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .build();
        private final AtomicLong passed = new AtomicLong();
    }

    /**
     * Decodes a whole body.
     *
     * @param now the time of receipt that the limits refer to, microseconds since 1970
     * @param receiptTime asked for the time of each reading that has none
     */
    public Decoded decode(byte[] body, long now, LongSupplier receiptTime) {
        return decode(body, 0, body.length, now, receiptTime);
    }

    /** Decodes {@code length} bytes from {@code offset} on; otherwise like {@link #decode(byte[], long, LongSupplier)}. */
    public Decoded decode(byte[] body, int offset, int length, long now, LongSupplier receiptTime) {
        if (!mayBeUtf8(body, offset, length)) {
            return new Decoded.Malformed("The body must be UTF-8", 1, 1);
        }
        Source current = source;
        try (JsonParser parser = current.factory.createParser(body, offset, length)) {
            return new Body(parser, now, receiptTime).decode();
        } catch (StreamConstraintsException e) {
            // the depth is the one constraint that a body in memory can violate
            return malformed("The body is nested too deeply", e);
        } catch (JacksonException e) {
            return malformed("The body is not valid JSON", e);
        } catch (IOException e) {
            // bytes in memory cannot fail to be read
            throw new UncheckedIOException(e);
        } finally {
            if (current.passed.addAndGet(length) > MAX_SOURCE_BYTES) {
                // two threads may both do it, which costs nothing but a second factory
                source = new Source();
            }
        }
    }

    private static Decoded.Malformed malformed(String detail, JacksonException cause) {
        JsonLocation location = cause.getLocation();
        return location == null
                ? new Decoded.Malformed(detail, 1, 1)
                : new Decoded.Malformed(detail, location.getLineNr(), location.getColumnNr());
    }

    /** Jackson would guess UTF-16 and UTF-32 from zero bytes or a mark; RFC 8259 knows UTF-8 alone. */
    private static boolean mayBeUtf8(byte[] body, int offset, int length) {
        for (int i = offset; i < offset + Math.min(4, length); i++) {
            if (body[i] == 0 || body[i] == (byte) 0xFE || body[i] == (byte) 0xFF) {
                return false;
            }
        }
        return true;
    }

    /** One body on its way; the item being decoded is in the fields, because most items have no failure to carry. */
    private final class Body {

        private final JsonParser parser;
        private final long now;
        private final LongSupplier receiptTime;
        private final List<Reading> readings = new ArrayList<>();
        private final List<Rejection> rejections = new ArrayList<>();

        private long itemStart;
        private Rejection.@Nullable Code code;
        private String field = "";
        private String detail = "";

        Body(JsonParser parser, long now, LongSupplier receiptTime) {
            this.parser = parser;
            this.now = now;
            this.receiptTime = receiptTime;
        }

        Decoded decode() throws IOException {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return new Decoded.Malformed("The body is empty", 1, 1);
            }
            boolean single = first != JsonToken.START_ARRAY;
            if (single) {
                item(first, 0);
            } else {
                int index = 0;
                for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                    if (index == MAX_READINGS) {
                        return new Decoded.TooMany(MAX_READINGS);
                    }
                    item(token, index++);
                }
            }
            if (parser.nextToken() != null) {
                JsonLocation location = parser.currentTokenLocation();
                return new Decoded.Malformed(
                        "The body goes on after its end", location.getLineNr(), location.getColumnNr());
            }
            return new Decoded.Batch(single, readings, rejections);
        }

        private void item(JsonToken token, int index) throws IOException {
            code = null;
            itemStart = parser.currentTokenLocation().getByteOffset();
            if (token == JsonToken.START_OBJECT) {
                Reading reading = reading();
                if (reading != null) {
                    readings.add(reading);
                    return;
                }
            } else {
                parser.skipChildren();
                refuse("", "A reading must be an object");
            }
            if (code != null) {
                rejections.add(new Rejection(index, code, field, detail));
            }
        }

        /** The reading whose object has just begun, read to its end; null where it was refused. */
        private @Nullable Reading reading() throws IOException {
            String sensorId = null;
            boolean timed = false;
            long timestamp = 0;
            List<Measurement> measurements = new ArrayList<>(4);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (tooLarge()) {
                    parser.skipChildren();
                } else if (name.equals("sensorId")) {
                    if (sensorId != null) {
                        refuse(name, "The name occurs twice");
                    }
                    sensorId = sensorId(value);
                } else if (name.equals("timestamp")) {
                    if (timed) {
                        refuse(name, "The name occurs twice");
                    }
                    timed = true;
                    timestamp = timestamp(value);
                } else {
                    measurement(name, value, measurements);
                }
            }
            tooLarge();
            if (code != null) {
                return null;
            }
            if (sensorId == null) {
                refuse("sensorId", "The field is missing");
                return null;
            }
            if (measurements.isEmpty()) {
                refuse("", "A reading must have at least one measurement");
                return null;
            }
            return new Reading(sensorId, timed ? timestamp : receiptTime.getAsLong(), measurements);
        }

        /** Whether the item is too large as far as it has been read; the first time, it is refused for that. */
        private boolean tooLarge() {
            boolean exceeded = parser.currentLocation().getByteOffset() - itemStart > maxBytes;
            if (exceeded && code != Rejection.Code.TOO_LARGE) {
                code = Rejection.Code.TOO_LARGE;
                field = "";
                detail = "A reading must have at most " + maxBytes + " bytes";
            }
            return exceeded;
        }

        private String sensorId(JsonToken value) throws IOException {
            if (value != JsonToken.VALUE_STRING) {
                parser.skipChildren();
                refuse("sensorId", "The field must be a string");
                return "";
            }
            String id = parser.getText();
            if (!Names.isSensorId(id)) {
                refuse("sensorId", "The field must have 1 to 128 characters of A-Z a-z 0-9 . _ : -");
            }
            return id;
        }

        private long timestamp(JsonToken value) throws IOException {
            long micros;
            if (value == JsonToken.VALUE_STRING) {
                var parsed = Rfc3339.parse(parser.getText());
                if (parsed.isEmpty()) {
                    refuse("timestamp", "The text must be an RFC 3339 date-time with an offset");
                    return 0;
                }
                micros = parsed.getAsLong();
            } else if (value == JsonToken.VALUE_NUMBER_INT && parser.getTextLength() <= 18) {
                long millis = parser.getLongValue();
                if (millis < Rfc3339.MIN_MICROS / 1000 || millis > Rfc3339.MAX_MICROS / 1000) {
                    refuse("timestamp", "The time must lie in the years 1 to 9999");
                    return 0;
                }
                micros = millis * 1000;
            } else {
                parser.skipChildren();
                refuse("timestamp", "The field must be an RFC 3339 date-time or epoch milliseconds as an integer");
                return 0;
            }
            if (micros - now > toMicros(limits.maxClockAhead())) {
                refuse("timestamp", "The time lies too far in the future");
            } else if (limits.maxAge().isPresent()
                    && now - micros > toMicros(limits.maxAge().get())) {
                refuse("timestamp", "The time lies too far in the past");
            }
            return micros;
        }

        private void measurement(String name, JsonToken value, List<Measurement> measurements) throws IOException {
            if (code != null) {
                parser.skipChildren();
                return;
            }
            if (!Names.isMeasurement(name)) {
                refuse(name, "The name must match [A-Za-z_][A-Za-z0-9_.-]{0,63}");
            } else if (contains(measurements, name)) {
                refuse(name, "The name occurs twice");
            } else if (measurements.size() == Reading.MAX_MEASUREMENTS) {
                refuse(name, "A reading must have at most " + Reading.MAX_MEASUREMENTS + " measurements");
            }
            if (code != null) {
                parser.skipChildren();
                return;
            }
            switch (value) {
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    double number = parser.getDoubleValue();
                    if (Double.isFinite(number)) {
                        measurements.add(new Measurement.Numeric(name, number));
                    } else {
                        refuse(name, "The number is too large for a double");
                    }
                }
                case VALUE_TRUE -> measurements.add(new Measurement.Numeric(name, 1));
                case VALUE_FALSE -> measurements.add(new Measurement.Numeric(name, 0));
                case VALUE_STRING -> {
                    String text = parser.getText();
                    if (text.length() > Reading.MAX_STATE_LENGTH) {
                        refuse(name, "A text must have at most " + Reading.MAX_STATE_LENGTH + " characters");
                    } else if (!Names.isStorable(text)) {
                        refuse(name, "A text must not have U+0000 or a lone surrogate");
                    } else {
                        measurements.add(new Measurement.State(name, text));
                    }
                }
                default -> {
                    parser.skipChildren();
                    refuse(name, "The value must be a number, a boolean or a text");
                }
            }
        }

        private static boolean contains(List<Measurement> measurements, String name) {
            for (int i = 0; i < measurements.size(); i++) {
                if (measurements.get(i).name().equals(name)) {
                    return true;
                }
            }
            return false;
        }

        /** Refuses the item, unless it has been refused: the first reason is told. */
        private void refuse(String name, String why) {
            if (code == null) {
                code = Rejection.Code.INVALID_READING;
                field = name.length() <= Reading.MAX_NAME_LENGTH ? name : name.substring(0, Reading.MAX_NAME_LENGTH);
                detail = why;
            }
        }
    }

    private static long toMicros(java.time.Duration duration) {
        return duration.toMillis() * 1_000;
    }
}
