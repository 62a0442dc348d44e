package dev.millrace.core.reading;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes readings of a parser's items, one after the other. Why the last one was refused is in the fields, because most items
 * have no failure to carry. Confined to the use of its parser.
 */
final class ItemDecoder {

    /**
     * What holds for every item of a body.
     *
     * @param maxBytes the most bytes that one reading may have in the body
     * @param now the time of receipt that the limits refer to, microseconds since 1970
     * @param receiptTime asked for the time of each reading that has none
     * @param sensorId the sensor that every reading is of, whether it says so or not; empty where each must say
     */
    record Receipt(ReadingLimits limits, int maxBytes, long now, LongSupplier receiptTime, Optional<String> sensorId) {

        Receipt {
            if (sensorId.isPresent() && !Names.isSensorId(sensorId.get())) {
                throw new IllegalArgumentException("not the id of a sensor");
            }
        }
    }

    private final JsonParser parser;
    private final Receipt receipt;

    private long itemStart;
    private Rejection.@Nullable Code code;
    private String field = "";
    private String detail = "";

    ItemDecoder(JsonParser parser, Receipt receipt) {
        this.parser = parser;
        this.receipt = receipt;
    }

    /** The reading whose first token the parser stands at, read to its last; null where it is none. */
    @Nullable
    Reading read(JsonToken token) throws IOException {
        code = null;
        itemStart = parser.currentTokenLocation().getByteOffset();
        if (token == JsonToken.START_OBJECT) {
            return reading();
        }
        parser.skipChildren();
        // a text is read on demand; the item must have ended
        parser.finishToken();
        refuse("", "A reading must be an object");
        return null;
    }

    /** Why the item that was read last is no reading. */
    Rejection rejection(int index) {
        if (code == null) {
            throw new IllegalStateException("the item was not refused");
        }
        return new Rejection(index, code, field, detail);
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
            if (receipt.sensorId().isEmpty()) {
                refuse("sensorId", "The field is missing");
                return null;
            }
            sensorId = receipt.sensorId().get();
        }
        if (measurements.isEmpty()) {
            refuse("", "A reading must have at least one measurement");
            return null;
        }
        return new Reading(sensorId, timed ? timestamp : receipt.receiptTime().getAsLong(), measurements);
    }

    /** Whether the item is too large as far as it has been read; the first time, it is refused for that. */
    private boolean tooLarge() {
        boolean exceeded = parser.currentLocation().getByteOffset() - itemStart > receipt.maxBytes();
        if (exceeded && code != Rejection.Code.TOO_LARGE) {
            code = Rejection.Code.TOO_LARGE;
            field = "";
            detail = "A reading must have at most " + receipt.maxBytes() + " bytes";
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
        } else if (receipt.sensorId().isPresent() && !receipt.sensorId().get().equals(id)) {
            refuse("sensorId", "The field must be the topic's sensor");
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
        if (micros - receipt.now() > toMicros(receipt.limits().maxClockAhead())) {
            refuse("timestamp", "The time lies too far in the future");
        } else if (receipt.limits().maxAge().isPresent()
                && receipt.now() - micros > toMicros(receipt.limits().maxAge().get())) {
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

    private static long toMicros(Duration duration) {
        return duration.toMillis() * 1_000;
    }
}
