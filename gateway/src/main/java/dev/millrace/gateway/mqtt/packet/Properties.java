package dev.millrace.gateway.mqtt.packet;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.mqtt.packet.PacketReader.BrokenPacket;
import java.util.Locale;
import java.util.Optional;

/**
 * The properties of one packet (MQTT 5, 2.2.2). Of those that matter here the value is kept; the others are checked for their
 * form. A property that the packet may not have, or has twice, breaks it.
 */
final class Properties {

    /** Which packets may have a property. */
    enum Of {
        CONNECT(Id.SESSION_EXPIRY
                | Id.RECEIVE_MAXIMUM
                | Id.MAXIMUM_PACKET_SIZE
                | Id.TOPIC_ALIAS_MAXIMUM
                | Id.REQUEST_RESPONSE_INFORMATION
                | Id.REQUEST_PROBLEM_INFORMATION
                | Id.USER_PROPERTY
                | Id.AUTHENTICATION_METHOD
                | Id.AUTHENTICATION_DATA),
        WILL(Id.WILL_DELAY
                | Id.PAYLOAD_FORMAT
                | Id.MESSAGE_EXPIRY
                | Id.CONTENT_TYPE
                | Id.RESPONSE_TOPIC
                | Id.CORRELATION_DATA
                | Id.USER_PROPERTY),
        /** A client's: a subscription identifier is for servers alone (3.3.4). */
        PUBLISH(Id.PAYLOAD_FORMAT
                | Id.MESSAGE_EXPIRY
                | Id.CONTENT_TYPE
                | Id.RESPONSE_TOPIC
                | Id.CORRELATION_DATA
                | Id.USER_PROPERTY
                | Id.TOPIC_ALIAS),
        PUBREL(Id.REASON_STRING | Id.USER_PROPERTY),
        SUBSCRIBE(Id.SUBSCRIPTION_IDENTIFIER | Id.USER_PROPERTY),
        UNSUBSCRIBE(Id.USER_PROPERTY),
        DISCONNECT(Id.SESSION_EXPIRY | Id.REASON_STRING | Id.USER_PROPERTY);

        private final long allowed;

        Of(long allowed) {
            this.allowed = allowed;
        }
    }

    /** Each property as the bit of its identifier. */
    private static final class Id {
        static final long PAYLOAD_FORMAT = 1L << 0x01;
        static final long MESSAGE_EXPIRY = 1L << 0x02;
        static final long CONTENT_TYPE = 1L << 0x03;
        static final long RESPONSE_TOPIC = 1L << 0x08;
        static final long CORRELATION_DATA = 1L << 0x09;
        static final long SUBSCRIPTION_IDENTIFIER = 1L << 0x0B;
        static final long SESSION_EXPIRY = 1L << 0x11;
        static final long AUTHENTICATION_METHOD = 1L << 0x15;
        static final long AUTHENTICATION_DATA = 1L << 0x16;
        static final long REQUEST_PROBLEM_INFORMATION = 1L << 0x17;
        static final long WILL_DELAY = 1L << 0x18;
        static final long REQUEST_RESPONSE_INFORMATION = 1L << 0x19;
        static final long REASON_STRING = 1L << 0x1F;
        static final long RECEIVE_MAXIMUM = 1L << 0x21;
        static final long TOPIC_ALIAS_MAXIMUM = 1L << 0x22;
        static final long TOPIC_ALIAS = 1L << 0x23;
        static final long USER_PROPERTY = 1L << 0x26;
        static final long MAXIMUM_PACKET_SIZE = 1L << 0x27;

        private Id() {}
    }

    private static final int LARGEST_ID = 0x2A;

    private long seen;
    private long sessionExpiry;
    private long maximumPacketSize;
    private long willDelay;
    private int topicAlias;
    private boolean problemInformation;
    private Optional<BodyFormat> format = Optional.empty();

    /** Reads the properties of a packet, which begin with their length. */
    void read(PacketReader reader, Of packet) throws BrokenPacket {
        clear();
        int before = reader.narrow(reader.variableInteger());
        while (reader.remaining() > 0) {
            int id = reader.variableInteger();
            long bit = id > LARGEST_ID ? 0 : 1L << id;
            if ((packet.allowed & bit) == 0) {
                throw new BrokenPacket(
                        id == 0 || id > LARGEST_ID ? ReasonCode.MALFORMED_PACKET : ReasonCode.PROTOCOL_ERROR);
            }
            if ((seen & bit) != 0 && bit != Id.USER_PROPERTY) {
                throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
            }
            seen |= bit;
            value(reader, bit);
        }
        reader.widen(before);
        if (has(Id.AUTHENTICATION_DATA) && !has(Id.AUTHENTICATION_METHOD)) {
            throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
        }
    }

    /** No properties. */
    void clear() {
        seen = 0;
        sessionExpiry = 0;
        maximumPacketSize = Long.MAX_VALUE;
        willDelay = 0;
        topicAlias = -1;
        problemInformation = true;
        format = Optional.empty();
    }

    private void value(PacketReader reader, long bit) throws BrokenPacket {
        if (bit == Id.PAYLOAD_FORMAT || bit == Id.REQUEST_RESPONSE_INFORMATION) {
            flag(reader);
        } else if (bit == Id.REQUEST_PROBLEM_INFORMATION) {
            problemInformation = flag(reader);
        } else if (bit == Id.SESSION_EXPIRY) {
            sessionExpiry = reader.uint32();
        } else if (bit == Id.WILL_DELAY) {
            willDelay = reader.uint32();
        } else if (bit == Id.MAXIMUM_PACKET_SIZE) {
            maximumPacketSize = positive(reader.uint32());
        } else if (bit == Id.MESSAGE_EXPIRY) {
            reader.uint32();
        } else if (bit == Id.RECEIVE_MAXIMUM) {
            positive(reader.uint16());
        } else if (bit == Id.TOPIC_ALIAS_MAXIMUM) {
            reader.uint16();
        } else if (bit == Id.TOPIC_ALIAS) {
            topicAlias = reader.uint16();
        } else if (bit == Id.SUBSCRIPTION_IDENTIFIER) {
            positive(reader.variableInteger());
        } else if (bit == Id.CORRELATION_DATA || bit == Id.AUTHENTICATION_DATA) {
            reader.binary();
        } else if (bit == Id.CONTENT_TYPE) {
            format = formatOf(reader.text());
        } else if (bit == Id.USER_PROPERTY) {
            reader.text();
            reader.text();
        } else {
            // response topic, authentication method, reason string
            reader.text();
        }
    }

    private static boolean flag(PacketReader reader) throws BrokenPacket {
        int value = reader.uint8();
        if (value > 1) {
            throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
        }
        return value == 1;
    }

    private static long positive(long value) throws BrokenPacket {
        if (value == 0) {
            throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
        }
        return value;
    }

    private static Optional<BodyFormat> formatOf(String contentType) {
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return switch (type.strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> Optional.of(BodyFormat.JSON);
            case "application/x-ndjson" -> Optional.of(BodyFormat.NDJSON);
            default -> Optional.empty();
        };
    }

    private boolean has(long bit) {
        return (seen & bit) != 0;
    }

    boolean hasSessionExpiry() {
        return has(Id.SESSION_EXPIRY);
    }

    boolean hasAuthenticationMethod() {
        return has(Id.AUTHENTICATION_METHOD);
    }

    /** Seconds; 0 where the packet has none. */
    long sessionExpiry() {
        return sessionExpiry;
    }

    /** Bytes; far more than any packet has where there is no limit. */
    long maximumPacketSize() {
        return maximumPacketSize;
    }

    /** Seconds; 0 where the packet has none. */
    long willDelay() {
        return willDelay;
    }

    /** −1 where the packet has none. */
    int topicAlias() {
        return topicAlias;
    }

    boolean problemInformation() {
        return problemInformation;
    }

    /** What the content type says, where it says one that is known. */
    Optional<BodyFormat> format() {
        return format;
    }
}
