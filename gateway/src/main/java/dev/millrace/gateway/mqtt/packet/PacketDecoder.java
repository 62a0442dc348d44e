package dev.millrace.gateway.mqtt.packet;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.mqtt.packet.PacketReader.BrokenPacket;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Makes packets of bytes, strictly: what the standard calls malformed or a protocol error is {@link Packet.Broken}. One serves all
 * connections of an event loop, one packet after the other. Not thread-safe.
 */
public final class PacketDecoder {

    static final int CONNECT = 1;
    static final int PUBLISH = 3;
    static final int PUBREL = 6;
    static final int SUBSCRIBE = 8;
    static final int UNSUBSCRIBE = 10;
    static final int PINGREQ = 12;
    static final int DISCONNECT = 14;

    private static final Packet.PingReq PING = new Packet.PingReq();

    private final PacketReader reader = new PacketReader();
    private final Properties properties = new Properties();

    /**
     * Decodes the first packet of a connection, which must be a CONNECT.
     *
     * @param flags the packet's first byte
     * @param bytes what holds the rest behind its length
     */
    public Packet first(int flags, byte[] bytes, int length) {
        if (flags >> 4 != CONNECT) {
            return new Packet.Broken(ReasonCode.PROTOCOL_ERROR);
        }
        return decode(ProtocolVersion.V3_1_1, flags, bytes, length);
    }

    /** Decodes a packet of a connection whose CONNECT had this version; otherwise like {@link #first}. */
    public Packet next(ProtocolVersion version, int flags, byte[] bytes, int length) {
        // a second CONNECT breaks the protocol whatever is in it
        return flags >> 4 == CONNECT
                ? new Packet.Broken(ReasonCode.PROTOCOL_ERROR)
                : decode(version, flags, bytes, length);
    }

    /** How many bytes a PUBLISH of MQTT 3.1.1 has before its payload, whose topic has so many bytes. */
    public static int bytesBeforePayload(int flags, int topicBytes) {
        return 2 + topicBytes + ((flags >> 1 & 3) > 0 ? 2 : 0);
    }

    /** Decodes what a PUBLISH of MQTT 3.1.1 has before its payload. */
    public Packet beginningOfPublish(int flags, byte[] bytes, int length) {
        return switch (decode(ProtocolVersion.V3_1_1, flags, bytes, length)) {
            case Packet.Publish publish ->
                new Packet.OversizePublish(publish.qos(), publish.repeated(), publish.packetId(), publish.topic());
            case Packet other -> other;
        };
    }

    private Packet decode(ProtocolVersion version, int flags, byte[] bytes, int length) {
        reader.begin(bytes, 0, length);
        int type = flags >> 4;
        try {
            if (type == PUBLISH) {
                return publish(version, flags & 0xf);
            }
            boolean acknowledged = type == PUBREL || type == SUBSCRIBE || type == UNSUBSCRIBE;
            if ((flags & 0xf) != (acknowledged ? 2 : 0)) {
                throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
            }
            Packet packet =
                    switch (type) {
                        case CONNECT -> connect();
                        case PUBREL -> pubRel(version);
                        case SUBSCRIBE -> subscribe(version);
                        case UNSUBSCRIBE -> unsubscribe(version);
                        case PINGREQ -> PING;
                        case DISCONNECT -> disconnect(version);
                        // type 0 does not exist, AUTH (15) not in 3.1.1; the others are for servers, or answer what was
                        // never sent
                        default ->
                            throw new BrokenPacket(
                                    type == 0 || (type == 15 && version == ProtocolVersion.V3_1_1)
                                            ? ReasonCode.MALFORMED_PACKET
                                            : ReasonCode.PROTOCOL_ERROR);
                    };
            reader.done();
            return packet;
        } catch (BrokenPacket broken) {
            return new Packet.Broken(broken.reason());
        }
    }

    private Packet connect() throws BrokenPacket {
        String protocol = reader.text();
        int level = reader.uint8();
        if (!protocol.equals("MQTT")) {
            // version 3.1 called itself MQIsdp; whatever else it is, it is not a version that is spoken here
            throw new BrokenPacket(
                    protocol.equals("MQIsdp") ? ReasonCode.UNSUPPORTED_PROTOCOL_VERSION : ReasonCode.MALFORMED_PACKET);
        }
        ProtocolVersion version =
                switch (level) {
                    case 4 -> ProtocolVersion.V3_1_1;
                    case 5 -> ProtocolVersion.V5;
                    default -> throw new BrokenPacket(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION);
                };
        int flags = reader.uint8();
        boolean hasWill = (flags & 0x04) != 0;
        boolean hasPassword = (flags & 0x40) != 0;
        boolean hasUserName = (flags & 0x80) != 0;
        boolean reserved = (flags & 0x01) != 0;
        boolean willFlagsWithoutWill = !hasWill && (flags & 0x38) != 0;
        boolean willQos3 = (flags & 0x18) == 0x18;
        boolean passwordAlone = version == ProtocolVersion.V3_1_1 && hasPassword && !hasUserName;
        if (reserved || willFlagsWithoutWill || willQos3 || passwordAlone) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
        boolean cleanStart = (flags & 0x02) != 0;
        int keepAlive = reader.uint16();
        properties(version, Properties.Of.CONNECT);
        long expiry = version == ProtocolVersion.V5 ? properties.sessionExpiry() : cleanStart ? 0 : Packet.NEVER;
        long maximumPacketSize = properties.maximumPacketSize();
        boolean problemInformation = properties.problemInformation();
        boolean enhanced = properties.hasAuthenticationMethod();
        String clientId = reader.text();
        Optional<Will> will = hasWill ? Optional.of(will(version)) : Optional.empty();
        return new Packet.Connect(
                version,
                cleanStart,
                keepAlive,
                clientId,
                will,
                hasUserName ? Optional.of(reader.text()) : Optional.empty(),
                hasPassword ? Optional.of(reader.binary()) : Optional.empty(),
                expiry,
                maximumPacketSize,
                problemInformation,
                enhanced);
    }

    private Will will(ProtocolVersion version) throws BrokenPacket {
        properties(version, Properties.Of.WILL);
        Optional<BodyFormat> format = properties.format();
        long delay = properties.willDelay();
        return new Will(reader.text(), format, reader.binary(), delay);
    }

    private Packet publish(ProtocolVersion version, int flags) throws BrokenPacket {
        int qos = flags >> 1 & 3;
        boolean repeated = (flags & 0x08) != 0;
        if (qos == 3 || (qos == 0 && repeated)) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
        String topic = reader.text();
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
        int packetId = qos == 0 ? 0 : reader.packetId();
        properties(version, Properties.Of.PUBLISH);
        if (topic.isEmpty() && (version == ProtocolVersion.V3_1_1 || properties.topicAlias() < 0)) {
            throw new BrokenPacket(
                    version == ProtocolVersion.V3_1_1 ? ReasonCode.MALFORMED_PACKET : ReasonCode.PROTOCOL_ERROR);
        }
        return new Packet.Publish(
                qos,
                repeated,
                packetId,
                topic,
                properties.topicAlias(),
                properties.format(),
                reader.bytes(),
                reader.position(),
                reader.remaining());
    }

    private Packet pubRel(ProtocolVersion version) throws BrokenPacket {
        int packetId = reader.packetId();
        reasonAndProperties(version, Properties.Of.PUBREL);
        return new Packet.PubRel(packetId);
    }

    private Packet subscribe(ProtocolVersion version) throws BrokenPacket {
        int packetId = reader.packetId();
        properties(version, Properties.Of.SUBSCRIBE);
        int topics = 0;
        do {
            filter();
            int options = reader.uint8();
            boolean retainHandling3 = (options & 0x30) == 0x30;
            int reserved = version == ProtocolVersion.V5 ? 0xC0 : 0xFC;
            if ((options & 3) == 3 || (options & reserved) != 0 || retainHandling3) {
                throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
            }
            topics++;
        } while (reader.remaining() > 0);
        return new Packet.Subscribe(packetId, topics);
    }

    private Packet unsubscribe(ProtocolVersion version) throws BrokenPacket {
        int packetId = reader.packetId();
        properties(version, Properties.Of.UNSUBSCRIBE);
        int topics = 0;
        do {
            filter();
            topics++;
        } while (reader.remaining() > 0);
        return new Packet.Unsubscribe(packetId, topics);
    }

    /** A topic filter; one must be there. */
    private void filter() throws BrokenPacket {
        if (reader.remaining() == 0) {
            throw new BrokenPacket(ReasonCode.PROTOCOL_ERROR);
        }
        if (reader.text().isEmpty()) {
            throw new BrokenPacket(ReasonCode.MALFORMED_PACKET);
        }
    }

    private Packet disconnect(ProtocolVersion version) throws BrokenPacket {
        int reason = reasonAndProperties(version, Properties.Of.DISCONNECT);
        OptionalLong expiry =
                properties.hasSessionExpiry() ? OptionalLong.of(properties.sessionExpiry()) : OptionalLong.empty();
        // every other reason than a normal end leaves the will in force (3.14.4)
        return new Packet.Disconnect(reason != ReasonCode.SUCCESS.code(), expiry);
    }

    /** A reason code and properties, which may be left out together or the latter alone; there are none in 3.1.1. */
    private int reasonAndProperties(ProtocolVersion version, Properties.Of packet) throws BrokenPacket {
        properties.clear();
        if (version == ProtocolVersion.V3_1_1 || reader.remaining() == 0) {
            return ReasonCode.SUCCESS.code();
        }
        int reason = reader.uint8();
        if (reader.remaining() > 0) {
            properties.read(reader, packet);
        }
        return reason;
    }

    private void properties(ProtocolVersion version, Properties.Of packet) throws BrokenPacket {
        if (version == ProtocolVersion.V5) {
            properties.read(reader, packet);
        } else {
            properties.clear();
        }
    }
}
