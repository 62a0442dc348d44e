package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A packet of the server, taken apart strictly: what the specification does not allow a server to send is an assertion error.
 *
 * @param id the packet id; 0 where the type has none
 * @param reason the reason code (MQTT 3.1.1: CONNACK's return code), 0 where it is left out
 * @param reasons those of SUBACK and UNSUBACK
 * @param properties by identifier: an Integer, Long, String or a list of user properties
 */
record Answer(
        Type type,
        boolean sessionPresent,
        int id,
        int reason,
        List<Integer> reasons,
        Map<Integer, Object> properties,
        String hex) {

    enum Type {
        CONNACK(2),
        PUBACK(4),
        PUBREC(5),
        PUBCOMP(7),
        SUBACK(9),
        UNSUBACK(11),
        PINGRESP(13),
        DISCONNECT(14);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        private static Type of(int number) {
            for (Type type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            throw new AssertionError("no packet of a server that nobody subscribes to: type " + number);
        }
    }

    static final int SESSION_EXPIRY = 0x11;
    static final int ASSIGNED_CLIENT_ID = 0x12;
    static final int SERVER_KEEP_ALIVE = 0x13;
    static final int REASON_STRING = 0x1f;
    static final int RECEIVE_MAXIMUM = 0x21;
    static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    static final int MAXIMUM_QOS = 0x24;
    static final int RETAIN_AVAILABLE = 0x25;
    static final int MAXIMUM_PACKET_SIZE = 0x27;
    static final int WILDCARD = 0x28;
    static final int SUBSCRIPTION_IDS = 0x29;
    static final int SHARED = 0x2a;

    static Answer parse(Version version, int first, byte[] body) {
        String hex =
                HexFormat.of().toHexDigits((byte) first) + " " + HexFormat.of().formatHex(body);
        Type type = Type.of((first >> 4) & 15);
        assertEquals(0, first & 15, () -> "flags: " + hex);
        ByteBuffer in = ByteBuffer.wrap(body);
        Answer answer = parse(version, type, in, hex);
        assertEquals(0, in.remaining(), () -> "bytes left over: " + hex);
        return answer;
    }

    private static Answer parse(Version version, Type type, ByteBuffer in, String hex) {
        boolean five = version == Version.V5;
        boolean present = false;
        int id = 0;
        int reason = 0;
        List<Integer> reasons = new ArrayList<>();
        Map<Integer, Object> properties = Map.of();
        switch (type) {
            case CONNACK -> {
                int flags = in.get();
                assertTrue(flags == 0 || flags == 1, hex);
                present = flags == 1;
                reason = in.get() & 0xff;
                // who speaks no known version is answered in the words of 3.1.1
                properties = five && (reason == 0 || in.hasRemaining()) ? properties(in) : properties;
            }
            case PUBACK, PUBREC, PUBCOMP -> {
                id = in.getShort() & 0xffff;
                if (five && in.hasRemaining()) {
                    reason = in.get() & 0xff;
                    properties = in.hasRemaining() ? properties(in) : properties;
                }
            }
            case SUBACK, UNSUBACK -> {
                id = in.getShort() & 0xffff;
                properties = five ? properties(in) : properties;
                while (in.hasRemaining()) {
                    reasons.add(in.get() & 0xff);
                }
            }
            case PINGRESP -> {}
            case DISCONNECT -> {
                assertTrue(five, "a server of MQTT 3.1.1 sends no DISCONNECT");
                if (in.hasRemaining()) {
                    reason = in.get() & 0xff;
                    properties = in.hasRemaining() ? properties(in) : properties;
                }
            }
        }
        return new Answer(type, present, id, reason, reasons, properties, hex);
    }

    private static Map<Integer, Object> properties(ByteBuffer in) {
        int length = varint(in);
        int end = in.position() + length;
        Map<Integer, Object> properties = new TreeMap<>();
        while (in.position() < end) {
            int property = in.get() & 0xff;
            Object value =
                    switch (property) {
                        case WILDCARD, SUBSCRIPTION_IDS, SHARED, MAXIMUM_QOS, RETAIN_AVAILABLE -> (int) in.get();
                        case SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM -> in.getShort() & 0xffff;
                        case SESSION_EXPIRY, MAXIMUM_PACKET_SIZE -> in.getInt() & 0xffff_ffffL;
                        case ASSIGNED_CLIENT_ID, REASON_STRING -> text(in);
                        default -> throw new AssertionError("property " + property);
                    };
            assertEquals(null, properties.put(property, value), "a property twice");
        }
        assertEquals(end, in.position(), "length of the properties");
        return properties;
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xffff];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int next = in.get();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new AssertionError("a length of more than four bytes");
    }

    Optional<String> reasonString() {
        return Optional.ofNullable((String) properties.get(REASON_STRING));
    }

    /** What a nameless client was called. */
    String assignedClientId() {
        return Objects.requireNonNull((String) properties.get(ASSIGNED_CLIENT_ID));
    }

    /** The type with the packet id, and the reason where it is not 0, as in {@code PUBACK 7 0x99}. */
    String brief() {
        return type + (id == 0 ? "" : " " + id) + (reason == 0 ? "" : " 0x%02X".formatted(reason));
    }
}
