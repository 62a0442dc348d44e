package dev.millrace.gateway.mqtt.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** Writes the packets that a server sends. */
public final class PacketEncoder {

    private static final int CONNACK = 0x20;
    private static final int PUBACK = 0x40;
    private static final int PUBREC = 0x50;
    private static final int PUBCOMP = 0x70;
    private static final int SUBACK = 0x90;
    private static final int UNSUBACK = 0xB0;
    private static final int PINGRESP = 0xD0;
    private static final int DISCONNECT = 0xE0;

    private static final int SESSION_EXPIRY = 0x11;
    private static final int ASSIGNED_CLIENT_ID = 0x12;
    private static final int SERVER_KEEP_ALIVE = 0x13;
    private static final int REASON_STRING = 0x1F;
    private static final int RECEIVE_MAXIMUM = 0x21;
    private static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    private static final int MAXIMUM_PACKET_SIZE = 0x27;
    private static final int WILDCARD_SUBSCRIPTION = 0x28;
    private static final int SUBSCRIPTION_IDENTIFIER = 0x29;
    private static final int SHARED_SUBSCRIPTION = 0x2A;

    /** A reason in words is cut so that one byte holds the length of an acknowledgement. */
    private static final int MAX_REASON_STRING = 110;

    private PacketEncoder() {}

    /** A CONNACK that refuses. */
    public static void refuse(ByteBuf to, ProtocolVersion version, ReasonCode reason) {
        if (version == ProtocolVersion.V5) {
            to.writeByte(CONNACK)
                    .writeByte(3)
                    .writeByte(0)
                    .writeByte(reason.code())
                    .writeByte(0);
        } else {
            to.writeByte(CONNACK).writeByte(2).writeByte(0).writeByte(reason.connectReturnCode());
        }
    }

    /** A CONNACK that accepts, with the server's terms where the version can tell them. */
    public static void accept(ByteBuf to, ProtocolVersion version, boolean sessionPresent, Terms terms) {
        int present = sessionPresent ? 1 : 0;
        if (version == ProtocolVersion.V3_1_1) {
            to.writeByte(CONNACK).writeByte(2).writeByte(present).writeByte(0);
            return;
        }
        ByteBuf properties = to.alloc().buffer();
        try {
            terms.sessionExpirySeconds()
                    .ifPresent(seconds -> properties.writeByte(SESSION_EXPIRY).writeInt((int) seconds));
            properties.writeByte(RECEIVE_MAXIMUM).writeShort(terms.receiveMaximum());
            properties.writeByte(MAXIMUM_PACKET_SIZE).writeInt(terms.maximumPacketSize());
            terms.assignedClientId().ifPresent(id -> text(properties.writeByte(ASSIGNED_CLIENT_ID), id));
            properties.writeByte(TOPIC_ALIAS_MAXIMUM).writeShort(terms.topicAliasMaximum());
            properties.writeByte(WILDCARD_SUBSCRIPTION).writeByte(0);
            properties.writeByte(SUBSCRIPTION_IDENTIFIER).writeByte(0);
            properties.writeByte(SHARED_SUBSCRIPTION).writeByte(0);
            terms.serverKeepAliveSeconds()
                    .ifPresent(
                            seconds -> properties.writeByte(SERVER_KEEP_ALIVE).writeShort(seconds));
            int length = properties.readableBytes();
            to.writeByte(CONNACK);
            variableInteger(to, 2 + variableIntegerBytes(length) + length);
            to.writeByte(present).writeByte(0);
            variableInteger(to, length);
            to.writeBytes(properties);
        } finally {
            properties.release();
        }
    }

    /** The answer to a PUBLISH: PUBACK of QoS 1, PUBREC of QoS 2. Without a reason code where the version has none. */
    public static void acknowledge(
            ByteBuf to, ProtocolVersion version, int qos, int packetId, ReasonCode reason, String detail) {
        int type = qos == 1 ? PUBACK : PUBREC;
        if (version == ProtocolVersion.V3_1_1 || (reason == ReasonCode.SUCCESS && detail.isEmpty())) {
            to.writeByte(type).writeByte(2).writeShort(packetId);
        } else if (detail.isEmpty()) {
            to.writeByte(type).writeByte(3).writeShort(packetId).writeByte(reason.code());
        } else {
            // words of ours, which are ASCII but for names of fields, which a sender chose
            byte[] text = ascii(detail);
            to.writeByte(type).writeByte(7 + text.length).writeShort(packetId).writeByte(reason.code());
            to.writeByte(3 + text.length)
                    .writeByte(REASON_STRING)
                    .writeShort(text.length)
                    .writeBytes(text);
        }
    }

    private static byte[] ascii(String text) {
        String cut = text.length() > MAX_REASON_STRING ? text.substring(0, MAX_REASON_STRING) : text;
        byte[] bytes = cut.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] < ' ') {
                bytes[i] = '?';
            }
        }
        return bytes;
    }

    /** The answer to a PUBREL. */
    public static void complete(ByteBuf to, ProtocolVersion version, int packetId, ReasonCode reason) {
        if (version == ProtocolVersion.V3_1_1 || reason == ReasonCode.SUCCESS) {
            to.writeByte(PUBCOMP).writeByte(2).writeShort(packetId);
        } else {
            to.writeByte(PUBCOMP).writeByte(3).writeShort(packetId).writeByte(reason.code());
        }
    }

    /** A SUBACK that refuses every topic. */
    public static void refuseSubscriptions(ByteBuf to, ProtocolVersion version, int packetId, int topics) {
        boolean v5 = version == ProtocolVersion.V5;
        topicAnswers(to, SUBACK, version, packetId, topics, v5 ? ReasonCode.NOT_AUTHORIZED.code() : 0x80);
    }

    /** An UNSUBACK: there was no subscription. */
    public static void noSubscriptions(ByteBuf to, ProtocolVersion version, int packetId, int topics) {
        boolean v5 = version == ProtocolVersion.V5;
        topicAnswers(to, UNSUBACK, version, packetId, v5 ? topics : 0, ReasonCode.NO_SUBSCRIPTION_EXISTED.code());
    }

    private static void topicAnswers(
            ByteBuf to, int type, ProtocolVersion version, int packetId, int topics, int reason) {
        to.writeByte(type);
        variableInteger(to, 2 + (version == ProtocolVersion.V5 ? 1 : 0) + topics);
        to.writeShort(packetId);
        if (version == ProtocolVersion.V5) {
            to.writeByte(0);
        }
        for (int i = 0; i < topics; i++) {
            to.writeByte(reason);
        }
    }

    /** A PINGRESP. */
    public static void pong(ByteBuf to) {
        to.writeByte(PINGRESP).writeByte(0);
    }

    /** A DISCONNECT, which only MQTT 5 lets a server send. */
    public static void disconnect(ByteBuf to, ReasonCode reason) {
        to.writeByte(DISCONNECT).writeByte(1).writeByte(reason.code());
    }

    private static void text(ByteBuf to, String text) {
        to.writeShort(ByteBufUtil.utf8Bytes(text));
        ByteBufUtil.writeUtf8(to, text);
    }

    private static void variableInteger(ByteBuf to, int value) {
        int rest = value;
        while (rest >= 0x80) {
            to.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        to.writeByte(rest);
    }

    private static int variableIntegerBytes(int value) {
        return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
    }
}
