package dev.millrace.gateway.mqtt;

import java.nio.charset.StandardCharsets;

/** A PUBLISH in the making: QoS 1 unless told otherwise. */
final class Publish {

    private final String topic;
    private final PacketBytes properties = new PacketBytes();
    private byte[] payload = new byte[0];
    private int id;
    private int flags = 2;

    private Publish(String topic) {
        this.topic = topic;
    }

    static Publish to(String topic) {
        return new Publish(topic);
    }

    /** A reading {@code {"t":n,"timestamp":n}} of a sensor, packet id {@code n}. */
    static Publish reading(String sensor, int n) {
        return to("sensors/" + sensor).id(n).payload("{\"t\":" + n + ",\"timestamp\":" + n + "}");
    }

    Publish payload(String text) {
        return payload(text.getBytes(StandardCharsets.UTF_8));
    }

    Publish payload(byte[] bytes) {
        payload = bytes;
        return this;
    }

    Publish id(int packetId) {
        id = packetId;
        return this;
    }

    Publish qos(int qos) {
        flags = (flags & ~6) | (qos << 1);
        return this;
    }

    Publish dup() {
        flags |= 8;
        return this;
    }

    Publish retain() {
        flags |= 1;
        return this;
    }

    Publish alias(int alias) {
        return property(new PacketBytes().u8(0x23).u16(alias));
    }

    Publish contentType(String type) {
        return property(new PacketBytes().u8(0x03).text(type));
    }

    /** One more property, its identifier first. */
    Publish property(PacketBytes one) {
        properties.raw(one.toArray());
        return this;
    }

    byte[] bytes(Version version) {
        PacketBytes body = new PacketBytes().text(topic);
        if ((flags & 6) != 0) {
            body.u16(id);
        }
        if (version == Version.V5) {
            body.properties(properties);
        }
        return body.raw(payload).packet(0x30 | flags);
    }
}
