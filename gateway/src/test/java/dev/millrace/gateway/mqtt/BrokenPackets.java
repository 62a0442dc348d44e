package dev.millrace.gateway.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/** A corpus of packets that no client may send, and what each is answered before the connection ends. */
final class BrokenPackets {

    /**
     * One of them.
     *
     * @param expected the answers any of which will do, briefly; empty: closed without a word
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Case(String name, byte[] bytes, Set<String> expected) {}

    private static final String MALFORMED = "DISCONNECT 0x81";
    private static final String PROTOCOL = "DISCONNECT 0x82";

    /** Byte sequences that are no UTF-8, or that MQTT does not allow in a string. */
    private static final List<byte[]> BAD_TEXTS = List.of(
            new byte[] {'a', 0, 'b'},
            new byte[] {0},
            new byte[] {(byte) 0xff},
            new byte[] {(byte) 0xc3},
            new byte[] {(byte) 0xc0, (byte) 0x80},
            new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
            new byte[] {'a', (byte) 0xe2, (byte) 0x28, (byte) 0xa1},
            new byte[] {(byte) 0x80});

    private final Version version;
    private final List<Case> cases = new ArrayList<>();

    private BrokenPackets(Version version) {
        this.version = version;
    }

    /** Packets of a client that are as they must be, and each of which is answered or ends the connection. */
    static List<byte[]> valid(Version version) {
        List<byte[]> valid = new ArrayList<>(List.of(
                Publish.to("sensors/a").id(258).payload("{\"t\":1").bytes(version),
                Publish.to("sensors/a").id(259).qos(2).payload("nothing").bytes(version),
                Publish.to("sensors/a").qos(0).payload("[]").bytes(version),
                Packets.pubrel(259),
                Packets.subscribe(version, 5, "a/+", "#"),
                Packets.unsubscribe(version, 6, "a", "b"),
                Packets.PINGREQ,
                Packets.DISCONNECT));
        if (version == Version.V5) {
            valid.add(Publish.to("sensors/a")
                    .id(4)
                    .alias(2)
                    .contentType("application/json")
                    .property(new PacketBytes().u8(0x26).text("name").text("value"))
                    .property(new PacketBytes().u8(0x02).u32(100))
                    .payload("x")
                    .bytes(version));
            valid.add(Packets.disconnect(4));
            valid.add(Packets.disconnectExpiring(0));
        }
        return valid;
    }

    static byte[] noise(Random random) {
        byte[] noise = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 5_000 : 40)];
        random.nextBytes(noise);
        return noise;
    }

    /** What may not come when the CONNECT has come. */
    static List<Case> afterConnect(Version version) {
        BrokenPackets corpus = new BrokenPackets(version);
        corpus.types();
        corpus.flags();
        corpus.lengths();
        corpus.packetIds();
        corpus.texts();
        if (version == Version.V5) {
            corpus.properties();
        }
        return corpus.cases;
    }

    /** What may not come first. */
    static List<Case> first(Version version) {
        BrokenPackets corpus = new BrokenPackets(version);
        corpus.noConnect();
        corpus.connects();
        return corpus.cases;
    }

    private void add(String name, byte[] bytes, String... reasons) {
        cases.add(new Case(name, bytes, version == Version.V5 ? Set.of(reasons) : Set.of("")));
    }

    /** Of a packet before CONNACK nothing is told, or at most that it is refused. */
    private void addFirst(String name, byte[] bytes, String... more) {
        Set<String> expected = new java.util.HashSet<>(Set.of(more));
        expected.add("");
        cases.add(new Case(name, bytes, expected));
    }

    private void types() {
        add("type 0", new byte[] {0, 0}, MALFORMED, PROTOCOL);
        add("a second CONNECT", new Connect(version).clientId("c").bytes(), PROTOCOL);
        add("a second CONNECT that is broken", new byte[] {0x10, 0}, PROTOCOL, MALFORMED);
        add("CONNACK", new byte[] {0x20, 2, 0, 0}, PROTOCOL, MALFORMED);
        for (int type : List.of(0x40, 0x50, 0x70, 0x90, 0xb0)) {
            add("a packet for servers " + type, new byte[] {(byte) type, 3, 0, 1, 0}, PROTOCOL, MALFORMED);
        }
        add("PINGRESP", new byte[] {(byte) 0xd0, 0}, PROTOCOL, MALFORMED);
        add("AUTH", new byte[] {(byte) 0xf0, 0}, PROTOCOL, MALFORMED);
        add("AUTH with a reason", new byte[] {(byte) 0xf0, 2, 0x18, 0}, PROTOCOL, MALFORMED);
    }

    private void flags() {
        for (byte[] packet : valid(version)) {
            int first = packet[0] & 0xff;
            for (int flags = 0; flags < 16; flags++) {
                boolean publish = first >> 4 == 3;
                boolean broken = publish ? (flags & 6) == 6 || flags == 8 || flags == 9 : flags != (first & 15);
                if (broken) {
                    byte[] changed = packet.clone();
                    changed[0] = (byte) ((first & 0xf0) | flags);
                    add("flags " + flags + " of " + Integer.toHexString(first), changed, MALFORMED, PROTOCOL);
                }
            }
        }
    }

    private void lengths() {
        for (int first : List.of(0x32, 0x62, 0x82, 0xa2, 0xc0, 0xe0)) {
            add(
                    "a length of five bytes",
                    new PacketBytes().u8(first).u32(0xffffffffL).u8(1).toArray(),
                    MALFORMED);
            add(
                    "a length of five bytes, 0",
                    new PacketBytes().u8(first).u32(0x80808080L).u8(0).toArray(),
                    MALFORMED);
        }
        for (int first : List.of(0x32, 0x34, 0x62, 0x82, 0xa2)) {
            for (int length = 0; length < 2; length++) {
                add(
                        "only " + length + " bytes in " + Integer.toHexString(first),
                        new PacketBytes()
                                .u8(first)
                                .u8(length)
                                .raw(new byte[length])
                                .toArray(),
                        MALFORMED,
                        PROTOCOL);
            }
        }
        add("PINGREQ with a body", new byte[] {(byte) 0xc0, 1, 0}, MALFORMED, PROTOCOL);
        if (version == Version.V3) {
            add("DISCONNECT with a body", new byte[] {(byte) 0xe0, 1, 0}, MALFORMED);
            add("PUBREL with a body", new byte[] {0x62, 3, 0, 1, 0}, MALFORMED);
        }
        add("a topic beyond the end", new PacketBytes().u16(50).raw((byte) 'a').packet(0x30), MALFORMED);
        add("no packet id", new PacketBytes().text("sensors/a").packet(0x32), MALFORMED, PROTOCOL);
        add("half a packet id", new PacketBytes().text("sensors/a").u8(0).packet(0x34), MALFORMED, PROTOCOL);
        add("SUBSCRIBE to nothing", Packets.subscribe(version, 1), PROTOCOL, MALFORMED);
        add("UNSUBSCRIBE from nothing", Packets.unsubscribe(version, 1), PROTOCOL, MALFORMED);
        PacketBytes head = version == Version.V5 ? new PacketBytes().u16(1).u8(0) : new PacketBytes().u16(1);
        byte[] before = head.toArray();
        add(
                "a filter beyond the end",
                new PacketBytes().raw(before).u16(9).u8('a').packet(0x82),
                MALFORMED);
        add("a filter without options", new PacketBytes().raw(before).text("a").packet(0x82), MALFORMED, PROTOCOL);
        for (int options : List.of(0x03, 0x40, 0x80, 0xff)) {
            add(
                    "options " + options,
                    new PacketBytes().raw(before).text("a").u8(options).packet(0x82),
                    MALFORMED,
                    PROTOCOL);
        }
    }

    private void packetIds() {
        add("PUBLISH with id 0", Publish.to("sensors/a").id(0).bytes(version), PROTOCOL, MALFORMED);
        add("PUBLISH of QoS 2 with id 0", Publish.to("sensors/a").id(0).qos(2).bytes(version), PROTOCOL, MALFORMED);
        add("PUBREL with id 0", Packets.pubrel(0), PROTOCOL, MALFORMED);
        add("SUBSCRIBE with id 0", Packets.subscribe(version, 0, "a"), PROTOCOL, MALFORMED);
        add("UNSUBSCRIBE with id 0", Packets.unsubscribe(version, 0, "a"), PROTOCOL, MALFORMED);
    }

    private void texts() {
        byte[] id = version == Version.V5 ? new byte[] {0, 1, 0} : new byte[] {0, 1};
        for (byte[] bad : BAD_TEXTS) {
            String shown = java.util.HexFormat.of().formatHex(bad);
            PacketBytes topic = new PacketBytes().binary(bad);
            add("topic " + shown, topic.raw(id).u8('x').packet(0x32), MALFORMED, PROTOCOL);
            PacketBytes filter = new PacketBytes().raw(id).binary(bad);
            add("filter " + shown, filter.u8(0).packet(0x82), MALFORMED, PROTOCOL);
            PacketBytes other = new PacketBytes().raw(id).binary(bad);
            add("unsubscribed filter " + shown, other.packet(0xa2), MALFORMED, PROTOCOL);
        }
        for (String topic : List.of("sensors/+", "#", "sensors/#", "+")) {
            add("topic " + topic, Publish.to(topic).id(1).bytes(version), MALFORMED, PROTOCOL, "DISCONNECT 0x90");
        }
        add("no topic", Publish.to("").id(1).bytes(version), PROTOCOL, MALFORMED, "DISCONNECT 0x90");
    }

    private void properties() {
        Function<PacketBytes, byte[]> publish = property ->
                Publish.to("sensors/a").id(1).property(property).payload("x").bytes(version);
        for (byte[] bad : BAD_TEXTS) {
            String shown = java.util.HexFormat.of().formatHex(bad);
            add("content type " + shown, publish.apply(new PacketBytes().u8(3).binary(bad)), MALFORMED, PROTOCOL);
            add("response topic " + shown, publish.apply(new PacketBytes().u8(8).binary(bad)), MALFORMED, PROTOCOL);
            PacketBytes name = new PacketBytes().u8(0x26).binary(bad).text("v");
            add("name of a user property " + shown, publish.apply(name), MALFORMED, PROTOCOL);
            PacketBytes value = new PacketBytes().u8(0x26).text("n").binary(bad);
            add("value of a user property " + shown, publish.apply(value), MALFORMED, PROTOCOL);
        }
        for (int property = 0; property < 256; property++) {
            if (!Set.of(0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26).contains(property)) {
                add(
                        "property " + property + " in PUBLISH",
                        publish.apply(new PacketBytes().u8(property).u32(0x00010001)),
                        MALFORMED,
                        PROTOCOL);
            }
        }
        for (PacketBytes twice : List.of(
                new PacketBytes().u8(1).u8(1).u8(1).u8(1),
                new PacketBytes().u8(2).u32(1).u8(2).u32(1),
                new PacketBytes().u8(3).text("a").u8(3).text("a"),
                new PacketBytes().u8(0x23).u16(1).u8(0x23).u16(1),
                new PacketBytes().u8(9).binary((byte) 1).u8(9).binary((byte) 1))) {
            add("a property twice", publish.apply(twice), PROTOCOL, MALFORMED);
        }
        add("payload format 2", publish.apply(new PacketBytes().u8(1).u8(2)), PROTOCOL, MALFORMED);
        add("a property cut off", publish.apply(new PacketBytes().u8(2).u16(1)), MALFORMED, PROTOCOL);
        add(
                "an identifier of two bytes",
                publish.apply(new PacketBytes().u16(0x8002).u32(1)),
                MALFORMED,
                PROTOCOL);
        add(
                "properties beyond the end",
                new PacketBytes()
                        .text("sensors/a")
                        .u16(1)
                        .varint(100)
                        .u8(1)
                        .u8(1)
                        .packet(0x32),
                MALFORMED);
        add(
                "a length of properties of five bytes",
                new PacketBytes()
                        .text("sensors/a")
                        .u16(1)
                        .u32(0xffffffffL)
                        .u8(1)
                        .packet(0x32),
                MALFORMED);
        add("no properties at all", new PacketBytes().text("sensors/a").u16(1).packet(0x32), MALFORMED, PROTOCOL);
        add("PUBREL with a strange property", new byte[] {0x62, 6, 0, 1, 0, 2, 1, 1}, MALFORMED, PROTOCOL);
        add("PUBREL with a property cut off", new byte[] {0x62, 5, 0, 1, 0, 9, 1}, MALFORMED, PROTOCOL);
        add("DISCONNECT with a strange property", new byte[] {(byte) 0xe0, 4, 0, 2, 1, 1}, MALFORMED, PROTOCOL);
        add("bytes behind the properties of DISCONNECT", new byte[] {(byte) 0xe0, 3, 0, 0, 7}, MALFORMED, PROTOCOL);
    }

    private void noConnect() {
        for (byte[] packet : valid(version)) {
            addFirst("first " + Integer.toHexString(packet[0] & 0xff), packet);
        }
        addFirst("AUTH first", new byte[] {(byte) 0xf0, 2, 0x18, 0});
        addFirst("HTTP", ("GET / HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n".repeat(20)).getBytes(StandardCharsets.US_ASCII));
        addFirst("TLS", new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0, 0, 0});
        addFirst("a length of five bytes", new byte[] {0x10, -1, -1, -1, -1, 1});
        for (int length = 0; length < 12; length++) {
            addFirst(
                    "CONNECT of " + length + " bytes",
                    new PacketBytes().raw(new byte[length]).packet(0x10),
                    "CONNACK 0x01",
                    "CONNACK 0x81",
                    "CONNACK 0x84");
        }
        byte[] valid = new Connect(version).clientId("c").bytes();
        for (int flags = 1; flags < 16; flags++) {
            byte[] changed = valid.clone();
            changed[0] = (byte) (0x10 | flags);
            addFirst("CONNECT with flags " + flags, changed, "CONNACK 0x81");
        }
    }

    private void connects() {
        for (String name : List.of("", "M", "MQT", "MQTT ", "mqtt", "MQTTT", "MQIsdp", "\u0000MQT", "AMQP")) {
            byte[] packet = new PacketBytes()
                    .text(name)
                    .u8(version.level)
                    .u8(2)
                    .u16(0)
                    .u8(0)
                    .text("c")
                    .packet(0x10);
            addFirst("protocol " + name, packet, "CONNACK 0x01", "CONNACK 0x84", "CONNACK 0x81");
        }
        boolean five = version == Version.V5;
        for (int flags : List.of(0x03, 0x01, 0x1e, 0x0a, 0x12, 0x22, 0x3a)) {
            PacketBytes body =
                    new PacketBytes().text("MQTT").u8(version.level).u8(flags).u16(0);
            addFirst(
                    "connect flags " + flags,
                    tail(five ? body.u8(0) : body).packet(0x10),
                    "CONNACK 0x81",
                    "CONNACK 0x82");
        }
        if (!five) {
            PacketBytes body = new PacketBytes()
                    .text("MQTT")
                    .u8(4)
                    .u8(0x42)
                    .u16(0)
                    .text("c")
                    .text("password");
            addFirst("a password without a user", body.packet(0x10));
        }
        for (byte[] bad : BAD_TEXTS) {
            String shown = java.util.HexFormat.of().formatHex(bad);
            String[] refusals = {"CONNACK 0x85", "CONNACK 0x81", "CONNACK 0x02"};
            addFirst("client id " + shown, head(2).binary(bad).packet(0x10), refusals);
            addFirst("user " + shown, head(0x82).text("c").binary(bad).packet(0x10), refusals);
            PacketBytes will = head(6).text("c");
            addFirst(
                    "will topic " + shown,
                    (five ? will.u8(0) : will).binary(bad).text("{}").packet(0x10),
                    refusals);
        }
        byte[] valid = new Connect(version)
                .clientId("c")
                .user("u")
                .password("p")
                .will("sensors/a", "{}")
                .bytes();
        addFirst("bytes behind CONNECT", new PacketBytes().raw(valid, 2).u16(7).packet(0x10), "CONNACK 0x81");
        if (five) {
            for (int property = 0; property < 256; property++) {
                if (!Set.of(0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27)
                        .contains(property)) {
                    connectWith(
                            "property " + property,
                            new PacketBytes().u8(property).u32(0x00010001));
                }
            }
            connectWith("receive maximum 0", new PacketBytes().u8(0x21).u16(0));
            connectWith("maximum packet size 0", new PacketBytes().u8(0x27).u32(0));
            connectWith("problem information 2", new PacketBytes().u8(0x17).u8(2));
            connectWith("response information 2", new PacketBytes().u8(0x19).u8(2));
            connectWith(
                    "session expiry twice",
                    new PacketBytes().u8(0x11).u32(1).u8(0x11).u32(1));
            connectWith(
                    "authentication data without a method",
                    new PacketBytes().u8(0x16).binary((byte) 1));
        }
    }

    private void connectWith(String name, PacketBytes property) {
        addFirst(
                "CONNECT with " + name,
                new Connect(version).clientId("c").property(property).bytes(),
                "CONNACK 0x81",
                "CONNACK 0x82");
    }

    private PacketBytes head(int flags) {
        PacketBytes body =
                new PacketBytes().text("MQTT").u8(version.level).u8(flags).u16(0);
        return version == Version.V5 ? body.u8(0) : body;
    }

    private static PacketBytes tail(PacketBytes body) {
        return body.text("c").text("sensors/a").text("{}").text("u").text("p");
    }
}
