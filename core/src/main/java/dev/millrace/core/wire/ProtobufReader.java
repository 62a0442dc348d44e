package dev.millrace.core.wire;

/** Reads fields of a protocol buffers message (protobuf.dev, "Encoding") from a part of an array, without copying. */
final class ProtobufReader {

    /** The bytes are no message. */
    static final class BrokenMessage extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenMessage() {
            super("broken protocol buffers message", null, false, false);
        }
    }

    private final byte[] source;
    private final int end;
    private int position;
    private int wireType;

    ProtobufReader(byte[] source, int start, int end) {
        this.source = source;
        this.position = start;
        this.end = end;
    }

    byte[] source() {
        return source;
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    boolean hasNext() {
        return position < end;
    }

    /** The next field's tag: its number, shifted left by three, and its wire type. */
    int nextField() throws BrokenMessage {
        long tag = varint();
        if (tag <= 7 || tag > Integer.MAX_VALUE) {
            throw new BrokenMessage();
        }
        wireType = (int) tag & 7;
        return (int) tag;
    }

    /** The bytes of a length-delimited value. */
    ProtobufReader nested() throws BrokenMessage {
        long length = varint();
        if (length < 0 || length > remaining()) {
            throw new BrokenMessage();
        }
        ProtobufReader nested = new ProtobufReader(source, position, position + (int) length);
        position += (int) length;
        return nested;
    }

    /** A value that points into a table of {@code size} entries. */
    int index(int size) throws BrokenMessage {
        long index = varint();
        if (index < 0 || index >= size) {
            throw new BrokenMessage();
        }
        return (int) index;
    }

    /** Passes over the value of a field that is not known. */
    void skipValue() throws BrokenMessage {
        switch (wireType) {
            case AggregatedFormat.VARINT -> varint();
            case AggregatedFormat.LENGTH_DELIMITED -> nested();
            case AggregatedFormat.FIXED64 -> skip(8);
            case AggregatedFormat.FIXED32 -> skip(4);
            default -> throw new BrokenMessage();
        }
    }

    private void skip(int bytes) throws BrokenMessage {
        if (bytes > remaining()) {
            throw new BrokenMessage();
        }
        position += bytes;
    }

    private long varint() throws BrokenMessage {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position == end) {
                throw new BrokenMessage();
            }
            byte b = source[position++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new BrokenMessage();
    }
}
