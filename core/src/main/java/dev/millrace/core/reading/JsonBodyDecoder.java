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
 * Decodes a JSON object, or an array of them. The bytes at hand are parsed as far as they go; when they run out within an
 * item, that item is parsed anew once there are more. So there is one parser with one behaviour, and how the body was cut
 * cannot be told from the result. An item that is begun anew has at least doubled in between: the work stays linear.
 *
 * <p>What is carried over is at most the item that is not complete. An item larger than a reading may be is carried too,
 * because a syntax error in it concerns the whole body.
 */
final class JsonBodyDecoder implements BodyDecoder {

    private static final byte[] NOTHING = {};

    /** What stands for the beginning of an array, where its bytes are parsed separately from that. */
    private static final byte[] ARRAY = "[   ".getBytes(StandardCharsets.US_ASCII);

    /** The same with items that have been read. */
    private static final byte[] ARRAY_WITH_ITEMS = "[0  ".getBytes(StandardCharsets.US_ASCII);

    /** At least four bytes, in which the parser would look for other encodings than UTF-8. */
    private static final byte[] AT_START = "    ".getBytes(StandardCharsets.US_ASCII);

    /** How much of a body's start must be there to tell its encoding. */
    private static final int START_BYTES = 4;

    /** What the carried bytes may take beyond twice their number. */
    private static final int SLACK = 1024;

    private static final String NOT_JSON = "The body is not valid JSON";

    private enum State {
        START,
        VALUE,
        WITHIN_ARRAY,
        AFTER_END
    }

    private final ParserSource source;
    private final ItemDecoder.Receipt receipt;
    private final ReadingSink sink;
    private final Utf8 utf8 = new Utf8();
    private final Place place = new Place();

    private State state = State.START;
    private boolean single;
    private int index;
    private byte[] carry = NOTHING;
    private int carried;
    private int tried;
    private long parsedBytes;
    private @Nullable BodyResult result;

    JsonBodyDecoder(ParserSource source, ItemDecoder.Receipt receipt, ReadingSink sink) {
        this.source = source;
        this.receipt = receipt;
        this.sink = sink;
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) {
        if (result == null && length > 0) {
            int end = offset + length;
            int valid = utf8.accept(bytes, offset, end);
            take(bytes, offset, valid, valid < end);
            if (valid < end && result == null) {
                place.advance(carry, 0, carried);
                fail("The body must be UTF-8");
            }
        }
        return result == null;
    }

    @Override
    public BodyResult end() {
        if (result == null) {
            parse(carry, 0, carried, true);
        }
        return settled();
    }

    /** Decodes a body that is there as a whole. */
    BodyResult decode(byte[] bytes, int offset, int length) {
        if (!Utf8.isValid(bytes, offset, offset + length)) {
            write(bytes, offset, length);
            return end();
        }
        parse(bytes, offset, offset + length, true);
        return settled();
    }

    private BodyResult settled() {
        carry = NOTHING;
        carried = 0;
        if (result == null) {
            result = new BodyResult.Complete(single);
        }
        return result;
    }

    @Override
    public int heldBytes() {
        return carry.length;
    }

    /** How many bytes it has given to parsers, those that it gave again included. */
    long parsedBytes() {
        return parsedBytes;
    }

    /** Parses what is carried and the bytes behind it as far as they go, and carries the rest. */
    private void take(byte[] bytes, int from, int to, boolean now) {
        if (carried == 0) {
            int end = parse(bytes, from, to, false);
            if (result == null) {
                append(bytes, end, to);
            }
        } else {
            append(bytes, from, to);
            if (!now && carried < 2L * tried) {
                return;
            }
            int end = parse(carry, 0, carried, false);
            carried -= end;
            System.arraycopy(carry, end, carry, 0, carried);
            if (carry.length > 2 * carried + SLACK) {
                // a piece of the body went through it; it is not to be held until the next comes
                carry = carried == 0 ? NOTHING : Arrays.copyOf(carry, carried);
            }
        }
        tried = carried;
        if (result != null) {
            carry = NOTHING;
            carried = 0;
        }
    }

    private void append(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > carry.length - carried) {
            // what is large grows by a quarter: still linear in all, and not half of it empty
            int larger = carry.length + Math.min(carry.length, Math.max(carry.length / 4, Reading.MAX_BYTES));
            carry = Arrays.copyOf(carry, Math.max(carried + length, larger));
        }
        System.arraycopy(bytes, from, carry, carried, length);
        carried += length;
    }

    /** Parses bytes as far as they go, moves {@link #place} along, and answers where what must be parsed anew begins. */
    private int parse(byte[] bytes, int from, int to, boolean last) {
        int at = from;
        if (state == State.START) {
            if (to - from < START_BYTES && !last) {
                return from;
            }
            at = start(bytes, from, to);
        }
        if (result == null && (state == State.VALUE || state == State.WITHIN_ARRAY)) {
            at = skipSpace(bytes, at, to);
            if (at < to) {
                at = items(bytes, at, to, last);
                if (result == null) {
                    at = skipSpace(bytes, at, to);
                }
            } else if (last) {
                fail(state == State.VALUE ? "The body is empty" : NOT_JSON);
            }
        }
        if (result == null && state == State.AFTER_END) {
            at = skipSpace(bytes, at, to);
            if (at < to) {
                fail("The body goes on after its end");
            }
        }
        return at;
    }

    /** Looks at the encoding. RFC 8259 knows UTF-8 alone, and lets a reader pass over its mark. */
    private int start(byte[] bytes, int from, int to) {
        state = State.VALUE;
        int length = Math.min(START_BYTES, to - from);
        for (int i = from; i < from + length; i++) {
            if (bytes[i] == 0) {
                fail("The body must be UTF-8");
                return from;
            }
        }
        boolean marked = length >= 3
                && bytes[from] == (byte) 0xEF
                && bytes[from + 1] == (byte) 0xBB
                && bytes[from + 2] == (byte) 0xBF;
        return marked ? from + 3 : from;
    }

    private int skipSpace(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
        place.advance(bytes, from, at);
        return at;
    }

    private int items(byte[] bytes, int from, int to, boolean last) {
        boolean whole = last && state == State.VALUE && showsNoOtherEncoding(bytes, from, to);
        byte[] prefix = whole ? NOTHING : prefix();
        // the parser counts from the prefix, which is not in the body
        long origin = (long) from - prefix.length;
        parsedBytes += to - from;
        int done = from;
        try (JsonParser parser = whole
                ? source.parse(bytes, from, to - from)
                : source.parse(new Window(prefix, bytes, from, to, last), prefix.length + to - from)) {
            ItemDecoder items = new ItemDecoder(parser, receipt);
            if (state == State.VALUE) {
                JsonToken first = parser.nextToken();
                single = first != JsonToken.START_ARRAY;
                if (single) {
                    item(items, first);
                    state = State.AFTER_END;
                } else {
                    state = State.WITHIN_ARRAY;
                }
                done = position(parser, origin);
            } else {
                parser.nextToken();
                if (index > 0) {
                    parser.nextToken();
                }
            }
            while (state == State.WITHIN_ARRAY) {
                JsonToken token = parser.nextToken();
                if (token == JsonToken.END_ARRAY) {
                    state = State.AFTER_END;
                } else if (index == ReadingDecoder.MAX_READINGS) {
                    result = new BodyResult.TooMany(ReadingDecoder.MAX_READINGS);
                    return to;
                } else {
                    item(items, token);
                }
                done = position(parser, origin);
            }
        } catch (Starved _) {
            // what was begun is parsed anew
        } catch (JacksonException e) {
            place.advance(bytes, from, position(e, origin, done, to));
            // the depth is the one constraint that a body in memory can violate
            fail(e instanceof StreamConstraintsException ? "The body is nested too deeply" : NOT_JSON);
            return to;
        } catch (IOException e) {
            // bytes in memory cannot fail to be read
            throw new UncheckedIOException(e);
        }
        place.advance(bytes, from, done);
        return done;
    }

    private byte[] prefix() {
        if (state == State.VALUE) {
            return AT_START;
        }
        return index == 0 ? ARRAY : ARRAY_WITH_ITEMS;
    }

    /** Whether the first bytes are such that the parser takes them for UTF-8, whatever they are. */
    private static boolean showsNoOtherEncoding(byte[] bytes, int from, int to) {
        for (int i = from; i < Math.min(from + START_BYTES, to); i++) {
            if (bytes[i] <= 0) {
                return false;
            }
        }
        return true;
    }

    private void item(ItemDecoder items, JsonToken token) throws IOException {
        Reading reading = items.read(token);
        if (reading != null) {
            sink.accept(index, reading);
        } else {
            sink.reject(items.rejection(index));
        }
        index++;
    }

    private static int position(JsonParser parser, long origin) {
        return (int) (origin + parser.currentLocation().getByteOffset());
    }

    private static int position(JacksonException cause, long origin, int done, int to) {
        return cause.getLocation() == null
                ? done
                : Math.clamp(origin + cause.getLocation().getByteOffset(), done, to);
    }

    private void fail(String detail) {
        result = new BodyResult.Malformed(detail, place.line(), place.column());
    }

    /** A prefix and the bytes at hand, behind which there is nothing, or nothing yet. */
    private static final class Window extends InputStream {
        private final byte[] prefix;
        private final byte[] bytes;
        private final int end;
        private final boolean last;
        private int prefixed;
        private int at;

        Window(byte[] prefix, byte[] bytes, int from, int to, boolean last) {
            this.prefix = prefix;
            this.bytes = bytes;
            this.at = from;
            this.end = to;
            this.last = last;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("the parser reads many bytes at a time");
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int lead = Math.min(length, prefix.length - prefixed);
            System.arraycopy(prefix, prefixed, target, offset, lead);
            prefixed += lead;
            int count = Math.min(length - lead, end - at);
            if (lead + count == 0) {
                if (last) {
                    return -1;
                }
                throw new Starved();
            }
            System.arraycopy(bytes, at, target, offset + lead, count);
            at += count;
            return lead + count;
        }
    }
}
