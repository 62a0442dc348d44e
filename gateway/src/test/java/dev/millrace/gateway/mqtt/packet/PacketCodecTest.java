package dev.millrace.gateway.mqtt.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Our codec against Netty's: what each writes the other reads. */
class PacketCodecTest {

    private final PacketDecoder decoder = new PacketDecoder();

    @Property(tries = 300)
    void readsTheConnectThatNettyWrites(
            @ForAll boolean v5,
            @ForAll boolean clean,
            @ForAll @IntRange(max = 65_535) int keepAlive,
            @ForAll("texts") String clientId,
            @ForAll("texts") String user,
            @ForAll @Size(max = 50) byte[] password,
            @ForAll boolean hasWill,
            @ForAll @Size(max = 50) byte[] will,
            @ForAll @IntRange(max = 100) int expiry) {
        MqttMessageBuilders.ConnectBuilder builder = MqttMessageBuilders.connect()
                .protocolVersion(v5 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1)
                .cleanSession(clean)
                .keepAlive(keepAlive)
                .clientId(clientId)
                .hasUser(true)
                .username(user)
                .hasPassword(true)
                .password(password)
                .willFlag(hasWill);
        if (hasWill) {
            builder.willTopic("sensors/w").willMessage(will).willQoS(MqttQoS.AT_LEAST_ONCE);
        }
        if (v5) {
            MqttProperties properties = new MqttProperties();
            properties.add(new MqttProperties.IntegerProperty(MqttProperties.SESSION_EXPIRY_INTERVAL, expiry));
            properties.add(new MqttProperties.UserProperty("a", "b"));
            properties.add(new MqttProperties.UserProperty("a", "c"));
            builder.properties(properties);
        }

        byte[] bytes = netty(v5, builder.build());
        Packet.Connect connect = assertInstanceOf(Packet.Connect.class, first(bytes));
        assertEquals(v5 ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1, connect.version());
        assertEquals(clean, connect.cleanStart());
        assertEquals(keepAlive, connect.keepAliveSeconds());
        assertEquals(clientId, connect.clientId());
        assertEquals(Optional.of(user), connect.userName());
        assertArrayEquals(password, connect.password().orElseThrow());
        assertEquals(v5 ? expiry : clean ? 0 : Packet.NEVER, connect.sessionExpirySeconds());
        assertEquals(hasWill, connect.will().isPresent());
        connect.will().ifPresent(left -> {
            assertEquals("sensors/w", left.topic());
            assertArrayEquals(will, left.payload());
        });
    }

    @Property(tries = 300)
    void readsThePublishThatNettyWrites(
            @ForAll boolean v5,
            @ForAll @IntRange(max = 2) int qos,
            @ForAll @IntRange(min = 1, max = 65_535) int packetId,
            @ForAll("texts") String end,
            @ForAll @IntRange(max = 9) int alias,
            @ForAll @Size(max = 5_000) byte[] payload) {
        MqttMessageBuilders.PublishBuilder builder = MqttMessageBuilders.publish()
                .topicName("t/" + end)
                .qos(MqttQoS.valueOf(qos))
                .messageId(packetId)
                .payload(Unpooled.wrappedBuffer(payload));
        if (v5) {
            MqttProperties properties = new MqttProperties();
            properties.add(new MqttProperties.IntegerProperty(MqttProperties.TOPIC_ALIAS, alias));
            properties.add(new MqttProperties.StringProperty(MqttProperties.CONTENT_TYPE, "text/plain"));
            properties.add(new MqttProperties.BinaryProperty(MqttProperties.CORRELATION_DATA, payload));
            builder.properties(properties);
        }

        Packet.Publish publish = assertInstanceOf(Packet.Publish.class, next(v5, netty(v5, builder.build())));
        assertEquals(qos, publish.qos());
        assertEquals(qos == 0 ? 0 : packetId, publish.packetId());
        assertEquals("t/" + end, publish.topic());
        assertEquals(v5 ? alias : -1, publish.topicAlias());
        assertArrayEquals(
                payload, Arrays.copyOfRange(publish.buffer(), publish.offset(), publish.offset() + publish.length()));
    }

    @Property(tries = 100)
    void readsTheSubscribeThatNettyWrites(@ForAll boolean v5, @ForAll @IntRange(min = 1, max = 20) int topics) {
        MqttMessageBuilders.SubscribeBuilder builder =
                MqttMessageBuilders.subscribe().messageId(7);
        for (int i = 0; i < topics; i++) {
            builder.addSubscription(MqttQoS.valueOf(i % 3), "t/+/" + i);
        }
        assertEquals(new Packet.Subscribe(7, topics), next(v5, netty(v5, builder.build())));
    }

    /** Whatever is made of a packet, the decoder answers, and takes nothing that Netty's refuses for its form. */
    @Property(tries = 2_000)
    void takesNoMutationThatNettyRefuses(
            @ForAll boolean v5,
            @ForAll @IntRange(max = 60) int at,
            @ForAll byte value,
            @ForAll("payloads") byte[] payload) {
        MqttProperties properties = new MqttProperties();
        properties.add(new MqttProperties.IntegerProperty(MqttProperties.TOPIC_ALIAS, 3));
        properties.add(new MqttProperties.StringProperty(MqttProperties.CONTENT_TYPE, "application/json"));
        byte[] bytes = netty(
                v5,
                MqttMessageBuilders.publish()
                        .topicName("sensors/sensor-001")
                        .qos(MqttQoS.AT_LEAST_ONCE)
                        .messageId(258)
                        .properties(v5 ? properties : MqttProperties.NO_PROPERTIES)
                        .payload(Unpooled.wrappedBuffer(payload))
                        .build());
        // behind the length: whether a packet is whole is the framer's matter
        int changed = 2 + at % (bytes.length - 2);
        bytes[changed] = value;

        Packet ours = next(v5, bytes);
        if (ours instanceof Packet.Publish publish) {
            EmbeddedChannel channel = channel(v5);
            channel.writeInbound(Unpooled.wrappedBuffer(bytes));
            MqttMessage theirs = channel.readInbound();
            assertTrue(theirs.decoderResult().isSuccess(), () -> Arrays.toString(bytes));
            assertEquals(
                    publish.topic(),
                    ((MqttPublishMessage) theirs).variableHeader().topicName());
            channel.finishAndReleaseAll();
        } else {
            assertInstanceOf(Packet.Broken.class, ours);
        }
    }

    @Property(tries = 100)
    void nettyReadsTheConnackThatWeWrite(@ForAll boolean v5, @ForAll boolean present, @ForAll("texts") String id) {
        Terms terms = new Terms(256, 262_144, 32, Optional.of(id), OptionalLong.of(3_600), OptionalInt.of(300));
        MqttConnAckMessage connack = assertInstanceOf(
                MqttConnAckMessage.class, readByNetty(v5, to -> PacketEncoder.accept(to, version(v5), present, terms)));
        assertEquals(present, connack.variableHeader().isSessionPresent());
        assertEquals(0, connack.variableHeader().connectReturnCode().byteValue());
        if (v5) {
            MqttProperties properties = connack.variableHeader().properties();
            assertEquals(
                    256, properties.getProperty(MqttProperties.RECEIVE_MAXIMUM).value());
            assertEquals(
                    262_144,
                    properties.getProperty(MqttProperties.MAXIMUM_PACKET_SIZE).value());
            assertEquals(
                    32,
                    properties.getProperty(MqttProperties.TOPIC_ALIAS_MAXIMUM).value());
            assertEquals(
                    id,
                    properties
                            .getProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER)
                            .value());
            assertEquals(
                    3_600,
                    properties
                            .getProperty(MqttProperties.SESSION_EXPIRY_INTERVAL)
                            .value());
            assertEquals(
                    300,
                    properties.getProperty(MqttProperties.SERVER_KEEP_ALIVE).value());
        }
    }

    @Property(tries = 100)
    void nettyReadsTheAcknowledgementsThatWeWrite(
            @ForAll boolean v5,
            @ForAll @IntRange(min = 1, max = 65_535) int packetId,
            @ForAll ReasonCode reason,
            @ForAll("texts") String detail) {
        for (int qos = 1; qos <= 2; qos++) {
            int asked = qos;
            MqttMessage ack =
                    readByNetty(v5, to -> PacketEncoder.acknowledge(to, version(v5), asked, packetId, reason, detail));
            MqttMessageIdVariableHeader header = (MqttMessageIdVariableHeader) ack.variableHeader();
            assertEquals(packetId, header.messageId());
            if (v5 && header instanceof MqttPubReplyMessageVariableHeader reply) {
                assertEquals((byte) reason.code(), reply.reasonCode());
            }
        }
        MqttMessage complete =
                readByNetty(v5, to -> PacketEncoder.complete(to, version(v5), packetId, ReasonCode.SUCCESS));
        assertEquals(packetId, ((MqttMessageIdVariableHeader) complete.variableHeader()).messageId());
    }

    @Property(tries = 50)
    void nettyReadsTheRefusedSubscriptionsThatWeWrite(
            @ForAll boolean v5, @ForAll @IntRange(min = 1, max = 300) int topics) {
        MqttSubAckMessage suback = assertInstanceOf(
                MqttSubAckMessage.class,
                readByNetty(v5, to -> PacketEncoder.refuseSubscriptions(to, version(v5), 9, topics)));
        assertEquals(
                Collections.nCopies(topics, v5 ? 0x87 : 0x80),
                List.copyOf(suback.payload().reasonCodes()));
        MqttMessage disconnect = readByNetty(true, to -> PacketEncoder.disconnect(to, ReasonCode.SERVER_BUSY));
        assertEquals(
                (byte) 0x89, ((MqttReasonCodeAndPropertiesVariableHeader) disconnect.variableHeader()).reasonCode());
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars('a', 'Z', '0', '-', 'é', '€').ofMaxLength(40);
    }

    @Provide
    Arbitrary<byte[]> payloads() {
        return Arbitraries.of("{}", "", "{\"t\":1}").map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    private static ProtocolVersion version(boolean v5) {
        return v5 ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1;
    }

    /** A channel that has seen a CONNECT of the version, which both codecs of Netty's go by. */
    private static EmbeddedChannel channel(boolean v5) {
        EmbeddedChannel channel = new EmbeddedChannel(MqttEncoder.INSTANCE, new MqttDecoder(1 << 20, 1 << 16));
        channel.writeOutbound(MqttMessageBuilders.connect()
                .protocolVersion(v5 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1)
                .clientId("c")
                .build());
        ByteBuf connect = channel.readOutbound();
        connect.release();
        return channel;
    }

    private static byte[] netty(boolean v5, MqttMessage message) {
        EmbeddedChannel channel = channel(v5);
        channel.writeOutbound(message);
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        channel.finishAndReleaseAll();
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return bytes;
    }

    private static MqttMessage readByNetty(boolean v5, Consumer<ByteBuf> writer) {
        EmbeddedChannel channel = channel(v5);
        ByteBuf bytes = Unpooled.buffer();
        writer.accept(bytes);
        channel.writeInbound(bytes);
        MqttMessage message = channel.readInbound();
        assertTrue(message.decoderResult().isSuccess(), () -> String.valueOf(message.decoderResult()));
        Object more = channel.readInbound();
        assertNull(more, "one packet");
        channel.finishAndReleaseAll();
        return message;
    }

    private Packet first(byte[] packet) {
        byte[] body = body(packet);
        return decoder.first(packet[0] & 0xff, body, body.length);
    }

    private Packet next(boolean v5, byte[] packet) {
        byte[] body = body(packet);
        return decoder.next(version(v5), packet[0] & 0xff, body, body.length);
    }

    private static byte[] body(byte[] packet) {
        int start = 1;
        while (packet[start++] < 0) {
            // the length goes on
        }
        return Arrays.copyOfRange(packet, start, packet.length);
    }
}
