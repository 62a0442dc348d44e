package dev.millrace.core.reading;

import java.nio.charset.StandardCharsets;

/**
 * Encodes a reading as the stream holds it: one line of JSON, UTF-8, with its timestamp, ending in {@code \n}. The form is
 * canonical, so that the same reading is the same bytes.
 */
public final class ReadingEncoder {

    /**
     * The most bytes that a line has, whatever the reading was written as: one with 64 longest names, whose texts are 256
     * control characters of six bytes each. It stands within a stream record of 128 KiB.
     */
    public static final int MAX_LINE_BYTES = "{'sensorId':'','timestamp':'2025-12-04T12:00:00.000000Z'}\n".length()
            + Reading.MAX_SENSOR_ID_LENGTH
            + Reading.MAX_MEASUREMENTS * (",'':''".length() + Reading.MAX_NAME_LENGTH + 6 * Reading.MAX_STATE_LENGTH);

    /**
     * How many times the size that a reading had as sent its line has at most. Texts do not grow, a number by four bytes
     * at most (1e6), and a timestamp that was not sent joins them; the factor is that of a reading with nothing else.
     */
    public static final int MAX_GROWTH = 3;

    private static final double MAX_EXACT_INTEGER = 1L << 53;

    /** From here on a double's own notation can be the shorter one of an integer. */
    private static final double MIN_SCIENTIFIC = 1e7;

    private ReadingEncoder() {}

    /** The line of a reading, its line feed included. */
    public static byte[] encode(Reading reading) {
        StringBuilder line = new StringBuilder(96);
        line.append("{\"sensorId\":\"").append(reading.sensorId()).append("\",\"timestamp\":\"");
        line.append(Rfc3339.format(reading.timestamp())).append('"');
        for (Measurement measurement : reading.measurements()) {
            line.append(",\"").append(measurement.name()).append("\":");
            switch (measurement) {
                case Measurement.Numeric(String _, double value) -> number(line, value);
                case Measurement.State(String _, String value) -> text(line, value);
            }
        }
        return line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Appends a finite number in JSON's notation, which reads back as the same double: an integer in digits or in
     * scientific notation, whichever is shorter, so that 7e15 does not grow to four times what was sent.
     */
    public static void number(StringBuilder out, double value) {
        double magnitude = Math.abs(value);
        if (value != Math.rint(value) || magnitude >= MAX_EXACT_INTEGER || isNegativeZero(value)) {
            out.append(value);
        } else if (magnitude < MIN_SCIENTIFIC) {
            out.append((long) value);
        } else {
            String digits = Long.toString((long) value);
            String scientific = Double.toString(value);
            out.append(scientific.length() < digits.length() ? scientific : digits);
        }
    }

    /** Appends a text as a JSON string. */
    public static void text(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20) {
                control(out, c);
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** The short form where there is one: a text must not get longer than it was sent. */
    private static void control(StringBuilder out, char c) {
        switch (c) {
            case '\b' -> out.append("\\b");
            case '\t' -> out.append("\\t");
            case '\n' -> out.append("\\n");
            case '\f' -> out.append("\\f");
            case '\r' -> out.append("\\r");
            default -> out.append("\\u00").append(hex(c >> 4)).append(hex(c & 0xF));
        }
    }

    private static boolean isNegativeZero(double value) {
        return value == 0 && 1 / value < 0;
    }

    private static char hex(int digit) {
        return Character.forDigit(digit, 16);
    }
}
