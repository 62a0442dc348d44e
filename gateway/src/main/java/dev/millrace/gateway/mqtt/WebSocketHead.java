package dev.millrace.gateway.mqtt;

/** The beginnings of a client's frames (RFC 6455, 5.2), one after the other, taken byte by byte. */
final class WebSocketHead {

    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    /** In the first byte: the message ends with this frame. */
    static final int FIN = 0x80;

    /** The longest payload of a frame that is about the connection (5.5). */
    static final int MAX_CONTROL_BYTES = 125;

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int RESERVED = 0x70;
    private static final int MASKED = 0x80;
    private static final int MASK_BYTES = 4;

    /** What a byte has brought. */
    enum Step {
        /** The head goes on. */
        INCOMPLETE,
        /** The payload, or the next head where it has none, comes next. */
        COMPLETE,
        /** No client may send this. */
        PROTOCOL_ERROR,
        /** A text: MQTT is binary (MQTT 5, 6.0). */
        UNACCEPTABLE
    }

    private int taken;
    private int first;
    private int lengthBytes;
    private long length;
    private int mask;
    private boolean withinMessage;

    /** Takes the next byte; after COMPLETE that is the first of another head. */
    Step take(int next) {
        if (taken == 0) {
            first = next;
            taken = 1;
            return judgeOpcode();
        }
        if (taken == 1) {
            taken = 2;
            return shortLength(next);
        }
        taken++;
        if (taken <= 2 + lengthBytes) {
            length = (length << 8) | next;
            return taken < 2 + lengthBytes || isMinimal() ? Step.INCOMPLETE : Step.PROTOCOL_ERROR;
        }
        mask = (mask << 8) | next;
        if (taken < 2 + lengthBytes + MASK_BYTES) {
            return Step.INCOMPLETE;
        }
        taken = 0;
        if (!isControl()) {
            withinMessage = (first & FIN) == 0;
        }
        return Step.COMPLETE;
    }

    private Step judgeOpcode() {
        if ((first & RESERVED) != 0 || (isControl() && (first & FIN) == 0)) {
            return Step.PROTOCOL_ERROR;
        }
        return switch (opcode()) {
            case CONTINUATION -> withinMessage ? Step.INCOMPLETE : Step.PROTOCOL_ERROR;
            case BINARY -> withinMessage ? Step.PROTOCOL_ERROR : Step.INCOMPLETE;
            case TEXT -> withinMessage ? Step.PROTOCOL_ERROR : Step.UNACCEPTABLE;
            case CLOSE, PING, PONG -> Step.INCOMPLETE;
            default -> Step.PROTOCOL_ERROR;
        };
    }

    private Step shortLength(int second) {
        int told = second & 0x7f;
        if ((second & MASKED) == 0 || (isControl() && told > MAX_CONTROL_BYTES)) {
            return Step.PROTOCOL_ERROR;
        }
        lengthBytes = told == 127 ? 8 : told == 126 ? 2 : 0;
        length = lengthBytes == 0 ? told : 0;
        return Step.INCOMPLETE;
    }

    /** The shortest of the three forms must be used, and the highest bit is 0 (5.2). */
    private boolean isMinimal() {
        return lengthBytes == 2 ? length > MAX_CONTROL_BYTES : length > 0xffff;
    }

    /** What the frame is. */
    int opcode() {
        return first & 0x0f;
    }

    /** Whether the frame is about the connection; those may stand between the frames of a message. */
    boolean isControl() {
        return (first & 8) != 0;
    }

    /** The bytes of the payload. */
    long length() {
        return length;
    }

    /** What the payload is masked with (5.3), its first byte in the highest eight bits. */
    int mask() {
        return mask;
    }
}
