package dev.millrace.gateway.mqtt.packet;

import dev.millrace.core.reading.BodyFormat;
import java.util.Optional;
import java.util.OptionalLong;

/** A packet from a client, well-formed. Texts are valid UTF-8 without U+0000. */
public sealed interface Packet {

    /**
     * CONNECT.
     *
     * @param keepAliveSeconds 0: none
     * @param clientId empty: the server is to choose one
     * @param password a secret
     * @param sessionExpirySeconds 0 to 2^32 − 1, the largest for ever; of 3.1.1 for ever or not at all
     * @param maximumPacketSize the largest packet that the client takes, in bytes
     * @param problemInformation whether answers may say why in words
     * @param enhancedAuthentication whether the client wants another authentication than by name and password
     */
    record Connect(
            ProtocolVersion version,
            boolean cleanStart,
            int keepAliveSeconds,
            String clientId,
            Optional<Will> will,
            Optional<String> userName,
            Optional<byte[]> password,
            long sessionExpirySeconds,
            long maximumPacketSize,
            boolean problemInformation,
            boolean enhancedAuthentication)
            implements Packet {

        /** Without user name and password. */
        @Override
        public String toString() {
            return "Connect[" + version + "]";
        }
    }

    /**
     * PUBLISH.
     *
     * @param qos 0, 1 or 2
     * @param repeated whether the client has sent it before (DUP)
     * @param packetId 1 to 65,535; 0 where the QoS is 0
     * @param topic empty where the alias alone tells it
     * @param topicAlias −1: none
     * @param format the format of the payload, where the client says it
     * @param buffer what holds the payload; valid until the next packet is decoded
     * @param offset where the payload begins
     * @param length its bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Publish(
            int qos,
            boolean repeated,
            int packetId,
            String topic,
            int topicAlias,
            Optional<BodyFormat> format,
            byte[] buffer,
            int offset,
            int length)
            implements Packet {

        /** Without the payload. */
        @Override
        public String toString() {
            return "Publish[" + qos + "]";
        }
    }

    /** A PUBLISH that is larger than a packet may be, and was not read. */
    record OversizePublish(int qos, boolean repeated, int packetId, String topic) implements Packet {}

    /** PUBREL. */
    record PubRel(int packetId) implements Packet {}

    /** SUBSCRIBE of so many topics, at least one. */
    record Subscribe(int packetId, int topics) implements Packet {}

    /** UNSUBSCRIBE of so many topics, at least one. */
    record Unsubscribe(int packetId, int topics) implements Packet {}

    /** PINGREQ. */
    record PingReq() implements Packet {}

    /**
     * DISCONNECT.
     *
     * @param sessionExpirySeconds what replaces that of the CONNECT
     */
    record Disconnect(boolean withWill, OptionalLong sessionExpirySeconds) implements Packet {}

    /** What is no packet, or none that a client may send: the connection cannot go on. */
    record Broken(ReasonCode reason) implements Packet {}

    /** For ever, as a session's expiry. */
    long NEVER = 0xFFFF_FFFFL;
}
