package dev.millrace.gateway.mqtt;

import java.io.ByteArrayOutputStream;

/** The smaller packets of a client. */
final class Packets {

    static final byte[] PINGREQ = {(byte) 0xc0, 0};
    static final byte[] DISCONNECT = {(byte) 0xe0, 0};

    private Packets() {}

    static byte[] pubrel(int id) {
        return new PacketBytes().u16(id).packet(0x62);
    }

    /** Of MQTT 5. */
    static byte[] disconnect(int reason) {
        return new PacketBytes().u8(reason).packet(0xe0);
    }

    /** Of MQTT 5, with another session expiry interval. */
    static byte[] disconnectExpiring(long seconds) {
        return new PacketBytes()
                .u8(0)
                .properties(new PacketBytes().u8(0x11).u32(seconds))
                .packet(0xe0);
    }

    static byte[] subscribe(Version version, int id, String... filters) {
        PacketBytes body = id(version, id);
        for (String filter : filters) {
            body.text(filter).u8(1);
        }
        return body.packet(0x82);
    }

    static byte[] unsubscribe(Version version, int id, String... filters) {
        PacketBytes body = id(version, id);
        for (String filter : filters) {
            body.text(filter);
        }
        return body.packet(0xa2);
    }

    private static PacketBytes id(Version version, int id) {
        PacketBytes body = new PacketBytes().u16(id);
        return version == Version.V5 ? body.properties(new PacketBytes()) : body;
    }

    /** One after the other. */
    static byte[] together(byte[]... packets) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] packet : packets) {
            all.writeBytes(packet);
        }
        return all.toByteArray();
    }
}
