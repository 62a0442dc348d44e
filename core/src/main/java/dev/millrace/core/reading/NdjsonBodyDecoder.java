package dev.millrace.core.reading;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decodes readings that stand on a line each. Complete lines are parsed where they are; only a line that is not complete is
 * carried over, and not even that once it is too long. Lines that follow each other share a parser, which is given one line
 * at a time, so that none can reach into the next; a line that fails takes its parser with it.
 *
 * <p>An index counts the lines that are not blank. A line has at most as many bytes as a reading may.
 */
final class NdjsonBodyDecoder implements BodyDecoder {

    private static final byte[] NOTHING = {};

    /** What each parser is given first. */
    private static final byte[] PREFIX = "    ".getBytes(StandardCharsets.US_ASCII);

    private final ParserSource source;
    private final ItemDecoder.Receipt receipt;
    private final ReadingSink sink;

    private int index;
    private boolean started;
    private byte[] carry = NOTHING;
    private int carried;
    /** The line that has begun is too long, and what is still to come of it does not matter. */
    private boolean skipping;

    private @Nullable BodyResult result;

    NdjsonBodyDecoder(ParserSource source, ItemDecoder.Receipt receipt, ReadingSink sink) {
        this.source = source;
        this.receipt = receipt;
        this.sink = sink;
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) {
        if (result != null) {
            return false;
        }
        int end = offset + length;
        int lineStart = offset;
        try (Lines lines = new Lines()) {
            for (int i = lineEnd(bytes, lineStart, end); i < end; i = lineEnd(bytes, lineStart, end)) {
                complete(lines, bytes, lineStart, i);
                if (result != null) {
                    return false;
                }
                lineStart = i + 1;
            }
        }
        if (result == null) {
            carry(bytes, lineStart, end);
        }
        return result == null;
    }

    @Override
    public BodyResult end() {
        if (result == null) {
            try (Lines lines = new Lines()) {
                complete(lines, NOTHING, 0, 0);
            }
        }
        if (result == null) {
            result = index == 0 ? new BodyResult.Malformed("The body is empty", 1, 1) : new BodyResult.Complete(false);
        }
        carry = NOTHING;
        return result;
    }

    @Override
    public int heldBytes() {
        return carry.length;
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != '\n') {
            i++;
        }
        return i;
    }

    /** The line that is carried, if any, goes on with these bytes and ends there. */
    private void complete(Lines lines, byte[] bytes, int from, int to) {
        if (!skipping && carried == 0) {
            line(lines, bytes, from, to);
        } else if (carry(bytes, from, to)) {
            line(lines, carry, 0, carried);
        }
        skipping = false;
        started = true;
        carry = NOTHING;
        carried = 0;
    }

    /** Keeps the beginning of a line, unless it is too long already. */
    private boolean carry(byte[] bytes, int from, int to) {
        int length = to - from;
        if (skipping || length == 0) {
            return !skipping;
        }
        // a carriage return at its end and a mark at the start do not count, and may not have been seen for what they
        // are
        if (carried + length > receipt.maxBytes() + 4) {
            skipping = true;
            carry = NOTHING;
            carried = 0;
            tooLarge();
            return false;
        }
        if (length > carry.length - carried) {
            carry = Arrays.copyOf(
                    carry, Math.max(carried + length, Math.min(2 * carry.length, receipt.maxBytes() + 4)));
        }
        System.arraycopy(bytes, from, carry, carried, length);
        carried += length;
        return true;
    }

    /** A whole line, without its line feed. */
    private void line(Lines lines, byte[] bytes, int from, int to) {
        int start = from;
        if (!started
                && to - from >= 3
                && bytes[from] == (byte) 0xEF
                && bytes[from + 1] == (byte) 0xBB
                && bytes[from + 2] == (byte) 0xBF) {
            start += 3;
        }
        int end = to > start && bytes[to - 1] == '\r' ? to - 1 : to;
        if (end - start > receipt.maxBytes()) {
            tooLarge();
            return;
        }
        if (skipSpace(bytes, start, end) == end || isFull()) {
            return;
        }
        if (Utf8.isValid(bytes, start, end)) {
            lines.decode(bytes, start, end);
        } else {
            reject("The line must be UTF-8");
        }
        index++;
    }

    private boolean isFull() {
        if (index == ReadingDecoder.MAX_READINGS) {
            result = new BodyResult.TooMany(ReadingDecoder.MAX_READINGS);
        }
        return result != null;
    }

    private void tooLarge() {
        if (!isFull()) {
            sink.reject(new Rejection(
                    index++,
                    Rejection.Code.TOO_LARGE,
                    "",
                    "A reading must have at most " + receipt.maxBytes() + " bytes"));
        }
    }

    private void reject(String detail) {
        sink.reject(new Rejection(index, Rejection.Code.INVALID_READING, "", detail));
    }

    private static int skipSpace(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r')) {
            i++;
        }
        return i;
    }

    /** The lines of one piece of the body on their way through a parser, which is made when the first needs it. */
    private final class Lines extends InputStream {

        private byte[] bytes = NOTHING;
        private int at;
        private int end;
        private boolean ended = true;
        private boolean prefixed;
        /** How many bytes the parser has been given. */
        private long given;

        private @Nullable JsonParser parser;
        private @Nullable ItemDecoder items;

        void decode(byte[] of, int from, int to) {
            bytes = of;
            at = from;
            end = to;
            ended = false;
            try {
                if (!decode(from)) {
                    close();
                }
            } catch (StreamConstraintsException _) {
                // the depth is the one constraint that a line can violate
                reject("The line is nested too deeply");
                close();
            } catch (JacksonException | Starved _) {
                reject("The line is not valid JSON");
                close();
            } catch (IOException e) {
                // bytes in memory cannot fail to be read
                throw new UncheckedIOException(e);
            }
        }

        /** Whether the parser is good for another line. */
        private boolean decode(int from) throws IOException {
            JsonParser current = parser;
            ItemDecoder decoder = items;
            // a rest of the line before that the parser has not asked for was blank
            long origin = given;
            if (current == null || decoder == null) {
                given = 0;
                prefixed = false;
                current = source.parse(this, PREFIX.length + end - from);
                decoder = new ItemDecoder(current, receipt);
                parser = current;
                items = decoder;
                origin = PREFIX.length;
            }
            JsonToken first = current.nextToken();
            Reading reading = decoder.read(first);
            int rest = (int) (from + current.currentLocation().getByteOffset() - origin);
            if (skipSpace(bytes, rest, end) < end) {
                reject("The line goes on after its end");
                return false;
            }
            if (reading != null) {
                sink.accept(index, reading);
            } else {
                sink.reject(decoder.rejection(index));
            }
            return true;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("the parser reads many bytes at a time");
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count;
            if (!prefixed) {
                // the parser is being made, and looks no further than this for other encodings than UTF-8
                prefixed = true;
                count = PREFIX.length;
                System.arraycopy(PREFIX, 0, target, offset, count);
            } else if (at < end) {
                count = Math.min(length, end - at);
                System.arraycopy(bytes, at, target, offset, count);
                at += count;
            } else if (!ended) {
                ended = true;
                count = 1;
                target[offset] = '\n';
            } else {
                throw new Starved();
            }
            given += count;
            return count;
        }

        @Override
        public void close() {
            JsonParser current = parser;
            parser = null;
            items = null;
            if (current != null) {
                try {
                    current.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
