package dev.millrace.bench.load;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Packets of MQTT 3.1.1 as bytes, by its sections 2 and 3. Texts are ASCII. */
final class MqttPacket {

    /** QoS 1. */
    private static final int PUBLISH = 0x32;

    private static final int CONNECT = 0x10;
    private static final int LEVEL_3_1_1 = 4;
    private static final int USER_NAME_PASSWORD_CLEAN_SESSION = 0xC2;

    private static final byte[] CONNACK = {0x20, 2, 0, 0};
    private static final byte[] PINGREQ = {(byte) 0xC0, 0};
    private static final byte[] PINGRESP = {(byte) 0xD0, 0};

    /** The first two bytes of PUBACK; the packet id follows. */
    static final int PUBACK = 0x40;

    static final int PUBACK_LENGTH = 2;

    /** What a body consists of. */
    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private MqttPacket() {}

    /** One that begins a session of its own. */
    static byte[] connect(String clientId, String userName, String password, int keepAliveSeconds) {
        return packet(CONNECT, out -> {
            out.writeUTF("MQTT");
            out.writeByte(LEVEL_3_1_1);
            out.writeByte(USER_NAME_PASSWORD_CLEAN_SESSION);
            out.writeShort(keepAliveSeconds);
            out.writeUTF(clientId);
            out.writeUTF(userName);
            out.writeUTF(password);
        });
    }

    /** The CONNACK of a server that lets such a client in. */
    static byte[] connack() {
        return CONNACK.clone();
    }

    /** With QoS 1. The id's two bytes stand before the payload, which is what the packet ends with. */
    static byte[] publish(String topic, int id, String payload) {
        return packet(PUBLISH, out -> {
            out.writeUTF(topic);
            out.writeShort(id);
            out.write(payload.getBytes(StandardCharsets.US_ASCII));
        });
    }

    /** The acknowledgement of a publish. */
    static byte[] puback(int id) {
        return new byte[] {PUBACK, PUBACK_LENGTH, (byte) (id >>> 8), (byte) id};
    }

    static byte[] pingreq() {
        return PINGREQ.clone();
    }

    static byte[] pingresp() {
        return PINGRESP.clone();
    }

    private static byte[] packet(int type, Body body) {
        var bytes = new ByteArrayOutputStream();
        try {
            body.write(new DataOutputStream(bytes));
            var packet = new ByteArrayOutputStream();
            packet.write(type);
            for (int rest = bytes.size(); ; rest >>>= 7) {
                if (rest < 0x80) {
                    packet.write(rest);
                    break;
                }
                packet.write((rest & 0x7F) | 0x80);
            }
            bytes.writeTo(packet);
            return packet.toByteArray();
        } catch (IOException e) {
            // what is written to memory is written
            throw new UncheckedIOException(e);
        }
    }
}
