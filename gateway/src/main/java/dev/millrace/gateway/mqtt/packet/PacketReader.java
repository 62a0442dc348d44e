package dev.millrace.gateway.mqtt.packet;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/** The fields of one packet, one after the other (MQTT 5, 1.5). No field reaches beyond the packet's end. */
final class PacketReader {

    /** What cannot be a packet. Thrown and caught within the decoder, so it needs no trace. */
    static final class BrokenPacket extends Exception {
        private static final long serialVersionUID = 1L;

        private final ReasonCode reason;

        BrokenPacket(ReasonCode reason) {
            super(reason.name(), null, false, false);
            this.reason = reason;
        }

        ReasonCode reason() {
            return reason;
        }
    }

    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private byte[] bytes = {};
    private int at;
    private int end;

    /** Begins with the fields between two places of an array. */
    void begin(byte[] from, int start, int stop) {
        bytes = from;
        at = start;
        end = stop;
    }

    /** What holds the packet. */
    byte[] bytes() {
        return bytes;
    }

    int position() {
        return at;
    }

    int remaining() {
        return end - at;
    }

    int uint8() throws BrokenPacket {
        need(1);
        return bytes[at++] & 0xff;
    }

    int uint16() throws BrokenPacket {
        need(2);
        int value = (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
        at += 2;
        return value;
    }

    long uint32() throws BrokenPacket {
        return (long) uint16() << 16 | uint16();
    }

    /** A packet identifier, which is never 0. */
    int packetId() throws BrokenPacket {
        int id = uint16();
        if (id == 0) {
            throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
        }
        return id;
    }

    /** A Variable Byte Integer in its shortest form, up to 268,435,455. */
    int variableInteger() throws BrokenPacket {
        int value = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            int digit = uint8();
            value |= (digit & 0x7f) << shift;
            if (digit < 0x80) {
                if (digit == 0 && shift > 0) {
                    throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
                }
                return value;
            }
        }
        throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
    }

    byte[] binary() throws BrokenPacket {
        int length = uint16();
        need(length);
        byte[] value = new byte[length];
        System.arraycopy(bytes, at, value, 0, length);
        at += length;
        return value;
    }

    /** A UTF-8 Encoded String: well-formed, and without U+0000. */
    String text() throws BrokenPacket {
        int length = uint16();
        need(length);
        int from = at;
        at += length;
        for (int i = from; i < at; i++) {
            if (bytes[i] <= 0) {
                return notAscii(from, length);
            }
        }
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    private String notAscii(int from, int length) throws BrokenPacket {
        try {
            String text = utf8.decode(ByteBuffer.wrap(bytes, from, length)).toString();
            if (text.indexOf('\0') < 0) {
                return text;
            }
        } catch (CharacterCodingException _) {
            // the same as with U+0000
        }
        throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
    }

    /** Narrows what follows to the next {@code length} bytes, and answers the end that {@link #widen} gives back. */
    int narrow(int length) throws BrokenPacket {
        need(length);
        int before = end;
        end = at + length;
        return before;
    }

    void widen(int before) {
        end = before;
    }

    /** There must be nothing more. */
    void done() throws BrokenPacket {
        if (at != end) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
    }

    private void need(int length) throws BrokenPacket {
        if (length > end - at) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
    }
}
