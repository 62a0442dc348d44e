package dev.millrace.gateway.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A CONNECT in the making. */
final class Connect {

    private final Version version;
    private final PacketBytes properties = new PacketBytes();
    private final PacketBytes willProperties = new PacketBytes();
    private String clientId = "";
    private boolean clean = true;
    private int keepAlive;
    private int willFlags;
    private @Nullable String willTopic;
    private String willPayload = "";
    private Optional<String> user = Optional.empty();
    private Optional<String> password = Optional.empty();

    Connect(Version version) {
        this.version = version;
    }

    Connect clientId(String id) {
        clientId = id;
        return this;
    }

    /** It wants the session that there was. */
    Connect resume() {
        clean = false;
        return this;
    }

    Connect keepAlive(int seconds) {
        keepAlive = seconds;
        return this;
    }

    Connect user(String name) {
        user = Optional.of(name);
        return this;
    }

    Connect password(String text) {
        password = Optional.of(text);
        return this;
    }

    Connect will(String topic, String payload) {
        return will(topic, payload, 1);
    }

    Connect will(String topic, String payload, int qos) {
        willTopic = topic;
        willPayload = payload;
        willFlags = 4 | (qos << 3);
        return this;
    }

    Connect willDelay(int seconds) {
        willProperties.u8(0x18).u32(seconds);
        return this;
    }

    Connect sessionExpiry(long seconds) {
        return property(new PacketBytes().u8(0x11).u32(seconds));
    }

    /** One more property, its identifier first. */
    Connect property(PacketBytes one) {
        properties.raw(one.toArray());
        return this;
    }

    byte[] bytes() {
        int flags = (clean ? 2 : 0) | willFlags | (password.isPresent() ? 0x40 : 0) | (user.isPresent() ? 0x80 : 0);
        PacketBytes body =
                new PacketBytes().text("MQTT").u8(version.level).u8(flags).u16(keepAlive);
        if (version == Version.V5) {
            body.properties(properties);
        }
        body.text(clientId);
        if (willTopic != null) {
            if (version == Version.V5) {
                body.properties(willProperties);
            }
            body.text(willTopic).text(willPayload);
        }
        user.ifPresent(body::text);
        password.ifPresent(text -> body.binary(text.getBytes(StandardCharsets.UTF_8)));
        return body.packet(0x10);
    }
}
