package dev.millrace.gateway.mqtt;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The bytes of a packet, put together by hand: they share nothing with the codec of the server. */
final class PacketBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    PacketBytes u8(int value) {
        bytes.write(value);
        return this;
    }

    PacketBytes u16(int value) {
        return u8(value >> 8).u8(value);
    }

    PacketBytes u32(long value) {
        return u16((int) (value >> 16)).u16((int) value);
    }

    /** A variable byte integer. */
    PacketBytes varint(int value) {
        int rest = value;
        while (rest > 0x7f) {
            u8((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return u8(rest);
    }

    /** A string with its length before it. */
    PacketBytes text(String value) {
        return binary(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes with their length before them. */
    PacketBytes binary(byte... value) {
        return u16(value.length).raw(value);
    }

    PacketBytes raw(byte... value) {
        bytes.writeBytes(value);
        return this;
    }

    /** What is in another, with its length as a variable byte integer before it. */
    PacketBytes properties(PacketBytes of) {
        return varint(of.bytes.size()).raw(of.toArray());
    }

    /** What follows the first {@code from} bytes. */
    PacketBytes raw(byte[] value, int from) {
        bytes.write(value, from, value.length - from);
        return this;
    }

    byte[] toArray() {
        return bytes.toByteArray();
    }

    /** A packet with these bytes behind its fixed header. */
    byte[] packet(int first) {
        return new PacketBytes().u8(first).properties(this).toArray();
    }
}
