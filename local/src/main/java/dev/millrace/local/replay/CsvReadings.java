package dev.millrace.local.replay;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The readings of a CSV file, line by line (RFC 4180: quotes, CRLF or LF; a byte order mark is passed over). The header must
 * name the columns {@code timestamp} and {@code value}; others are passed over. Empty lines don't count.
 *
 * <p>Memory does not depend on the file's size, nor on a line's.
 */
public final class CsvReadings implements AutoCloseable {

    /** In characters; a longer line is no reading. */
    static final int MAX_LINE_LENGTH = 1024;

    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?");
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final CountingInput input;
    private final BufferedReader reader;
    private final int timestampColumn;
    private final int valueColumn;

    private long number;

    private CsvReadings(CountingInput input, BufferedReader reader, int timestampColumn, int valueColumn) {
        this.input = input;
        this.reader = reader;
        this.timestampColumn = timestampColumn;
        this.valueColumn = valueColumn;
        this.number = 1;
    }

    /** Reads the header; closes the stream if that fails. */
    public static CsvReadings open(InputStream stream) throws IOException, UnreadableFile {
        var input = new CountingInput(new BufferedInputStream(stream));
        // Bytes that are no UTF-8 become U+FFFD, which no timestamp or number has.
        var reader = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        try {
            Line header = readLine(reader);
            List<String> columns = header == null || header.tooLong ? List.of() : columns(header.text);
            int timestamp = columns.indexOf("timestamp");
            int value = columns.indexOf("value");
            if (timestamp < 0 || value < 0) {
                throw new UnreadableFile("line 1 must be a header with the columns timestamp and value");
            }
            return new CsvReadings(input, reader, timestamp, value);
        } catch (IOException | UnreadableFile e) {
            reader.close();
            throw e;
        }
    }

    /** The next line that is not empty; empty at the end of the file. */
    public Optional<CsvLine> next() throws IOException {
        for (Line line = readLine(reader); line != null; line = readLine(reader)) {
            number++;
            if (line.tooLong) {
                return Optional.of(new CsvLine.Bad(number, "longer than " + MAX_LINE_LENGTH + " characters"));
            }
            if (!line.text.isBlank()) {
                return Optional.of(parse(line.text));
            }
        }
        return Optional.empty();
    }

    /** How many bytes of the file have been read so far, some of them ahead. */
    long bytesRead() {
        return input.count;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }

    private CsvLine parse(String line) {
        Optional<List<String>> fields = fields(line);
        if (fields.isEmpty()) {
            return new CsvLine.Bad(number, "a quote is not closed, or text follows it");
        }
        List<String> columns = fields.get();
        if (columns.size() <= Math.max(timestampColumn, valueColumn)) {
            return new CsvLine.Bad(number, "too few columns");
        }
        var timestamp = CsvTimestamp.parse(columns.get(timestampColumn));
        if (timestamp.isEmpty()) {
            return new CsvLine.Bad(number, "not a timestamp: " + shown(columns.get(timestampColumn)));
        }
        String value = columns.get(valueColumn);
        if (!NUMBER.matcher(value).matches()) {
            return new CsvLine.Bad(number, "not a number: " + shown(value));
        }
        double number = Double.parseDouble(value);
        return Double.isFinite(number)
                ? new CsvLine.Row(this.number, timestamp.get(), number)
                : new CsvLine.Bad(this.number, "too large a number: " + shown(value));
    }

    private static List<String> columns(String header) {
        String text = !header.isEmpty() && header.charAt(0) == BYTE_ORDER_MARK ? header.substring(1) : header;
        return fields(text).orElse(List.of()).stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList();
    }

    /** The fields of a line without the white space around them; empty if its quotes are wrong. */
    static Optional<List<String>> fields(String line) {
        List<String> fields = new ArrayList<>();
        int position = 0;
        while (true) {
            int start = position;
            while (start < line.length() && line.charAt(start) == ' ') {
                start++;
            }
            if (start < line.length() && line.charAt(start) == '"') {
                var field = new StringBuilder();
                position = unquote(line, start + 1, field);
                if (position < 0) {
                    return Optional.empty();
                }
                fields.add(field.toString().strip());
            } else {
                int comma = line.indexOf(',', position);
                int end = comma < 0 ? line.length() : comma;
                fields.add(line.substring(position, end).strip());
                position = end;
            }
            if (position == line.length()) {
                return Optional.of(fields);
            }
            position++;
        }
    }

    /** Reads a quoted field from after its first quote; the result is where its comma or the line's end is, or -1. */
    private static int unquote(String line, int start, StringBuilder field) {
        int position = start;
        while (position < line.length()) {
            char c = line.charAt(position++);
            if (c != '"') {
                field.append(c);
            } else if (position < line.length() && line.charAt(position) == '"') {
                field.append('"');
                position++;
            } else {
                while (position < line.length() && line.charAt(position) == ' ') {
                    position++;
                }
                return position == line.length() || line.charAt(position) == ',' ? position : -1;
            }
        }
        return -1;
    }

    private static @Nullable Line readLine(BufferedReader reader) throws IOException {
        var text = new StringBuilder();
        boolean tooLong = false;
        int c = reader.read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = reader.read()) {
            if (text.length() < MAX_LINE_LENGTH) {
                text.append((char) c);
            } else {
                tooLong = tooLong || c != '\r';
            }
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) == '\r') {
            text.setLength(text.length() - 1);
        }
        return new Line(text.toString(), tooLong);
    }

    private static String shown(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return '"' + (printable.length() > 40 ? printable.substring(0, 40) + "…" : printable) + '"';
    }

    private record Line(String text, boolean tooLong) {}

    private static final class CountingInput extends FilterInputStream {

        private long count;

        CountingInput(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            count += b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            count += Math.max(0, n);
            return n;
        }
    }
}
