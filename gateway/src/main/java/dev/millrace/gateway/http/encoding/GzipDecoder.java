package dev.millrace.gateway.http.encoding;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Undoes gzip (RFC 1952): members one after the other, each with its optional fields, its checksum and its length, all of
 * which are checked. {@link java.util.zip.GZIPInputStream} wants to wait for its bytes, which an event loop cannot.
 */
final class GzipDecoder implements ContentDecoder {

    /** What an Inflater takes of native memory, its window of 32 KiB included. */
    static final long MEMORY = 48 * 1024;

    private static final int FIXED_HEADER = 10;
    private static final int TRAILER = 8;

    private static final int FLAG_HEADER_CRC = 1 << 1;
    private static final int FLAG_EXTRA = 1 << 2;
    private static final int FLAG_NAME = 1 << 3;
    private static final int FLAG_COMMENT = 1 << 4;
    private static final int FLAGS_RESERVED = 0b1110_0000;

    /** The parts of a member, in their order. */
    private enum Part {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEADER_CRC,
        DATA,
        TRAILER
    }

    private final Output output;
    private final StepBuffers buffers;
    private final CRC32 headerCrc = new CRC32();
    private final CRC32 crc = new CRC32();
    private @Nullable Inflater inflater;
    private Part part = Part.FIXED;
    private boolean anyMember;
    private int flags;
    /** Bytes of this part seen so far, and those that matter later, the first of them lowest. */
    private int seen;

    private long value;
    private int extraLength;

    GzipDecoder(Output output, StepBuffers buffers) {
        this.output = output;
        this.buffers = buffers;
    }

    @Override
    public Progress write(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (part == Part.DATA) {
                Inflater current = inflater();
                if (current == null) {
                    return Progress.STOPPED;
                }
                current.setInput(bytes, at, end - at);
                Progress progress = inflate(current);
                if (progress != Progress.MORE) {
                    return progress;
                }
                at = end - current.getRemaining();
            } else if (!header(bytes[at++] & 0xFF)) {
                return Progress.CORRUPT;
            }
        }
        return Progress.MORE;
    }

    private @Nullable Inflater inflater() {
        if (inflater == null && output.room(MEMORY)) {
            inflater = new Inflater(true);
        }
        return inflater;
    }

    private Progress inflate(Inflater current) {
        byte[] buffer = buffers.heap();
        try {
            while (true) {
                int count = current.inflate(buffer);
                if (count > 0) {
                    crc.update(buffer, 0, count);
                    if (!output.decoded(buffer, 0, count)) {
                        return Progress.STOPPED;
                    }
                } else if (current.finished()) {
                    next(Part.TRAILER);
                    return Progress.MORE;
                } else if (current.needsDictionary()) {
                    return Progress.CORRUPT;
                } else if (current.needsInput()) {
                    return Progress.MORE;
                }
            }
        } catch (DataFormatException _) {
            return Progress.CORRUPT;
        }
    }

    /** Takes a byte of header or trailer; answers whether it can stand there. */
    private boolean header(int b) {
        int place = seen++;
        if (part != Part.HEADER_CRC && part != Part.TRAILER) {
            headerCrc.update(b);
        }
        switch (part) {
            case FIXED -> {
                if ((place == 0 && b != 0x1F) || (place == 1 && b != 0x8B) || (place == 2 && b != 8)) {
                    return false;
                }
                if (place == 3) {
                    flags = b;
                    return (flags & FLAGS_RESERVED) == 0;
                }
                if (seen == FIXED_HEADER) {
                    afterFixed();
                }
            }
            case EXTRA_LENGTH -> {
                extraLength |= b << (8 * place);
                if (seen == 2) {
                    next(extraLength == 0 ? afterExtra() : Part.EXTRA);
                }
            }
            case EXTRA -> {
                if (seen == extraLength) {
                    next(afterExtra());
                }
            }
            case NAME -> {
                if (b == 0) {
                    next(afterName());
                }
            }
            case COMMENT -> {
                if (b == 0) {
                    next(afterComment());
                }
            }
            case HEADER_CRC -> {
                value |= (long) b << (8 * place);
                if (seen == 2) {
                    if (value != (headerCrc.getValue() & 0xFFFF)) {
                        return false;
                    }
                    next(Part.DATA);
                }
            }
            case TRAILER -> {
                value |= (long) b << (8 * place);
                if (seen == TRAILER) {
                    return endMember();
                }
            }
            case DATA -> throw new IllegalStateException("data is no header");
        }
        return true;
    }

    private void afterFixed() {
        extraLength = 0;
        next((flags & FLAG_EXTRA) != 0 ? Part.EXTRA_LENGTH : afterExtra());
    }

    private Part afterExtra() {
        return (flags & FLAG_NAME) != 0 ? Part.NAME : afterName();
    }

    private Part afterName() {
        return (flags & FLAG_COMMENT) != 0 ? Part.COMMENT : afterComment();
    }

    private Part afterComment() {
        return (flags & FLAG_HEADER_CRC) != 0 ? Part.HEADER_CRC : Part.DATA;
    }

    private void next(Part following) {
        part = following;
        seen = 0;
        value = 0;
    }

    /** Compares checksum and length, and makes ready for another member. */
    private boolean endMember() {
        Inflater current = inflater;
        if (current == null
                || (value & 0xFFFF_FFFFL) != crc.getValue()
                || value >>> 32 != (current.getBytesWritten() & 0xFFFF_FFFFL)) {
            return false;
        }
        current.reset();
        crc.reset();
        headerCrc.reset();
        anyMember = true;
        next(Part.FIXED);
        return true;
    }

    @Override
    public boolean isComplete() {
        return anyMember && part == Part.FIXED && seen == 0;
    }

    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
        }
    }
}
