package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** MQTT in WebSocket frames is MQTT: wherever a frame ends, whatever stands between, and with all the limits of TCP. */
class WebSocketVerticleTest extends WebSocketFixture {

    private static final int MAX_PACKET = 20 << 10;
    private static final int IN_FLIGHT = 20;
    private static final byte[] NOTHING = {};

    @Override
    int maxPacketBytes() {
        return MAX_PACKET;
    }

    @Override
    long bufferBytes() {
        return 8 * (IN_FLIGHT * 822 + 411);
    }

    private static byte[] reading(Version version, int n) {
        return Publish.reading("a", n).bytes(version);
    }

    @ParameterizedTest
    @EnumSource
    void aFrameHoldsAnyNumberOfPackets(Version version) throws Exception {
        stream.acceptAll();
        RawWebSocket client = dialWebSocket(version).upgrade();
        client.send(RawWebSocket.frame(
                new Connect(version).clientId("c").bytes(), reading(version, 1), reading(version, 2), Packets.PINGREQ));
        client.expect("CONNACK").expect("PINGRESP").expect("PUBACK 1").expect("PUBACK 2");
        assertEquals(readings("a", 1, 2), stored());
    }

    /** Packets and frames are cut without regard to each other, and TCP cuts elsewhere again. */
    @ParameterizedTest
    @EnumSource
    void packetsCrossTheBordersOfFrames(Version version) throws Exception {
        stream.acceptAll();
        Random random = new Random(7);
        RawWebSocket client = enterWebSocket(version);
        for (int round = 0; round < 20; round++) {
            List<byte[]> packets = new ArrayList<>();
            for (int n = 1; n <= 10; n++) {
                String padding = " ".repeat(random.nextInt(600));
                packets.add(Publish.to("sensors/a")
                        .id(n)
                        .payload("{\"t\":1,\"timestamp\":" + (10 * round + n) + "}" + padding)
                        .bytes(version));
            }
            byte[] all = Packets.together(packets.toArray(byte[][]::new));
            List<byte[]> frames = new ArrayList<>();
            boolean within = false;
            for (int at = 0; at < all.length; ) {
                int length = Math.min(all.length - at, random.nextInt(300));
                boolean last = at + length == all.length || random.nextBoolean();
                frames.add(RawWebSocket.frame(
                        (last ? RawWebSocket.FIN : 0) | (within ? RawWebSocket.CONTINUATION : RawWebSocket.BINARY),
                        Arrays.copyOfRange(all, at, at + length)));
                within = !last;
                at += length;
            }
            byte[] wire = Packets.together(frames.toArray(byte[][]::new));
            for (int at = 0; at < wire.length; ) {
                int length = Math.min(wire.length - at, 1 + random.nextInt(1000));
                client.send(Arrays.copyOfRange(wire, at, at + length));
                at += length;
            }
            for (int n = 1; n <= 10; n++) {
                client.expect("PUBACK " + n);
            }
        }
        assertEquals(readings("a", 1, 200), stored());
    }

    @ParameterizedTest
    @EnumSource
    void everyByteMayComeAlone(Version version) throws Exception {
        stream.acceptAll();
        RawWebSocket client = dialWebSocket(version).upgrade();
        byte[] wire = Packets.together(
                RawWebSocket.frame(new Connect(version).clientId("c").bytes()),
                RawWebSocket.frame(Publish.to("sensors/a")
                        .id(1)
                        .payload("{\"t\":1,\"timestamp\":1}" + " ".repeat(130))
                        .bytes(version)),
                RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.BINARY, reading(version, 2)));
        for (byte one : wire) {
            client.send(new byte[] {one});
        }
        client.expect("CONNACK").expect("PUBACK 1").expect("PUBACK 2");
        assertEquals(readings("a", 1, 2), stored());
    }

    @ParameterizedTest
    @EnumSource
    void framesAboutTheConnectionStandBetweenThoseOfAMessage(Version version) throws Exception {
        stream.acceptAll();
        RawWebSocket client = enterWebSocket(version);
        byte[] packet = reading(version, 1);
        byte[] ping = new byte[125];
        new Random(1).nextBytes(ping);
        client.send(
                RawWebSocket.frame(RawWebSocket.BINARY, Arrays.copyOf(packet, 5)),
                RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, ping),
                RawWebSocket.frame(RawWebSocket.CONTINUATION, NOTHING),
                RawWebSocket.frame(RawWebSocket.FIN | WebSocketHead.PONG, ping),
                RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, NOTHING),
                RawWebSocket.frame(
                        RawWebSocket.FIN | RawWebSocket.CONTINUATION, Arrays.copyOfRange(packet, 5, packet.length)));
        for (byte[] payload : List.of(ping, NOTHING)) {
            RawWebSocket.Frame pong = client.readFrame();
            assertEquals(RawWebSocket.FIN | WebSocketHead.PONG, pong.first());
            assertArrayEquals(payload, pong.payload());
        }
        client.expect("PUBACK 1");
    }

    /** The bytes behind the request are not to be lost, though a client should wait (RFC 6455, 4.1). */
    @Test
    void framesMayComeWithTheRequest() throws Exception {
        RawWebSocket client = dialWebSocket(Version.V5);
        client.send(
                RawWebSocket.request().getBytes(StandardCharsets.US_ASCII),
                RawWebSocket.frame(new Connect(Version.V5).clientId("c").bytes(), Packets.PINGREQ));
        String head = client.readHead();
        assertTrue(head.startsWith("HTTP/1.1 101 "), head);
        assertTrue(head.contains("Sec-WebSocket-Accept: " + RawWebSocket.ACCEPT + "\r\n"), head);
        assertTrue(head.contains("Sec-WebSocket-Protocol: mqtt\r\n"), head);
        client.expect("CONNACK").expect("PINGRESP");
    }

    @ParameterizedTest
    @CsvSource({
        "text, 1003",
        "reserved bit, 1002",
        "reserved opcode, 1002",
        "reserved control opcode, 1002",
        "unmasked, 1002",
        "continuation of nothing, 1002",
        "message within a message, 1002",
        "fragmented ping, 1002",
        "long ping, 1002",
        "length not the shortest, 1002",
        "length beyond all, 1002",
        "close of one byte, 1002"
    })
    void whoBreaksTheRulesOfWebSocketIsToldSo(String what, int code) throws Exception {
        stream.acceptAll();
        byte[] one = {1};
        byte[] frame =
                switch (what) {
                    case "text" -> RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.TEXT, one);
                    case "reserved bit" -> RawWebSocket.frame(0xc0 | RawWebSocket.BINARY, one);
                    case "reserved opcode" -> RawWebSocket.frame(RawWebSocket.FIN | 3, one);
                    case "reserved control opcode" -> RawWebSocket.frame(RawWebSocket.FIN | 11, one);
                    case "unmasked" -> Packets.together(new byte[] {(byte) 0x82, 2}, Packets.PINGREQ);
                    case "continuation of nothing" ->
                        RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CONTINUATION, Packets.PINGREQ);
                    case "message within a message" ->
                        Packets.together(
                                RawWebSocket.frame(RawWebSocket.BINARY, NOTHING), RawWebSocket.frame(Packets.PINGREQ));
                    case "fragmented ping" -> RawWebSocket.frame(RawWebSocket.PING, one);
                    case "long ping" -> RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, new byte[126]);
                    case "length not the shortest" -> new byte[] {(byte) 0x82, (byte) 0xfe, 0, 125};
                    case "length beyond all" -> new byte[] {(byte) 0x82, (byte) 0xff, -1, 0, 0, 0, 0, 0, 0, 0};
                    case "close of one byte" -> RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CLOSE, one);
                    default -> throw new IllegalArgumentException(what);
                };
        RawWebSocket client = enterWebSocket(Version.V5);
        // what came before is still good, and what comes behind is not looked at
        client.send(RawWebSocket.frame(Packets.PINGREQ), frame, RawWebSocket.frame(reading(Version.V5, 1)));
        client.expect("PINGRESP").expect("DISCONNECT 0x82").expectClosed(code);
        assertEquals(1, ended(MqttMetrics.End.PROTOCOL));
        assertEquals(List.of(), stored());

        RawWebSocket older = enterWebSocket(Version.V3);
        older.send(frame);
        older.expectClosed(code);
        RawWebSocket stranger = dialWebSocket(Version.V3).upgrade();
        stranger.send(frame);
        stranger.expectClosed(code);
        await("all are gone", () -> openConnections() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aCloseFrameIsAnswered(Version version) throws Exception {
        RawWebSocket client = enterWebSocket(version);
        client.send(
                RawWebSocket.frame(Packets.PINGREQ),
                RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CLOSE, new byte[] {0x03, (byte) 0xe9}));
        client.expect("PINGRESP").expectClosed(1000);
        await("it is gone", () -> openConnections() == 0);
        assertEquals(1, ended(MqttMetrics.End.LOST));
    }

    /** A DISCONNECT behind a publish that waits for room counts, though the close frame behind it has come too. */
    @ParameterizedTest
    @EnumSource
    void whatCameBeforeACloseFrameIsHandledThoughItHasToWait(Version version) throws Exception {
        RawWebSocket client = enterWebSocket(version);
        List<byte[]> packets = new ArrayList<>();
        for (int n = 1; n <= IN_FLIGHT + 2; n++) {
            packets.add(reading(version, n));
        }
        packets.add(Packets.DISCONNECT);
        client.send(
                RawWebSocket.frame(packets.toArray(byte[][]::new)),
                RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CLOSE, NOTHING));
        FakeStream.Call call = stream.nextCall();
        await("it waits", () -> gauge("connections.waiting") == 1);
        assertEquals(1, openConnections());
        stream.acceptAll();
        call.accept(stream);
        await("it is gone", () -> openConnections() == 0);
        assertEquals(1, ended(MqttMetrics.End.CLIENT));
        assertEquals(0, ended(MqttMetrics.End.LOST));
        await("all is stored", () -> stored().size() == IN_FLIGHT + 2);
        await("nothing is held", () -> bodyBytes() == 0 && gauge("in.flight") == 0);
    }

    @Test
    void whatEndsTheConnectionOfMqttEndsTheWebSocket() throws Exception {
        RawWebSocket client = enterWebSocket(Version.V5);
        client.send(RawWebSocket.frame(Packets.DISCONNECT));
        client.expectClosed(1000);
        RawWebSocket wrong = enterWebSocket(Version.V5);
        wrong.send(RawWebSocket.frame(new byte[] {0, 0}));
        wrong.expect("DISCONNECT 0x81").expectClosed(1000);
        RawWebSocket drained = enterWebSocket(Version.V5);
        door.drain(Duration.ofSeconds(30));
        drained.expect("DISCONNECT 0x8B").expectClosed(1000);
    }

    @Test
    void aPublishOfV3ThatIsTooLargeIsSkippedAcknowledgedAndKept() throws Exception {
        stream.acceptAll();
        RawWebSocket client = enterWebSocket(Version.V3);
        byte[] large = Publish.to("sensors/a").id(7).payload(new byte[100_000]).bytes(Version.V3);
        client.send(RawWebSocket.frame(large)).expect("PUBACK 7");
        client.send(RawWebSocket.frame(reading(Version.V3, 1))).expect("PUBACK 1");
        assertEquals(List.of("c sensors/a too-large"), rejected());
        assertEquals(List.of("a@1"), stored());
    }

    @Test
    void aPacketOfV5ThatIsTooLargeIsRefused() throws Exception {
        RawWebSocket client = enterWebSocket(Version.V5);
        byte[] large = Publish.to("sensors/a").id(7).payload(new byte[100_000]).bytes(Version.V5);
        client.send(RawWebSocket.frame(large));
        client.expect("DISCONNECT 0x95").expectClosed(1000);
    }

    @ParameterizedTest
    @EnumSource
    void aPacketOfTheLargestSizeIsTakenInOneFrame(Version version) throws Exception {
        stream.acceptAll();
        RawWebSocket client = enterWebSocket(version);
        int room = MAX_PACKET - reading(version, 1).length;
        client.send(RawWebSocket.frame(Publish.to("sensors/a")
                .id(1)
                .payload("{\"t\":1,\"timestamp\":1}" + " ".repeat(room))
                .bytes(version)));
        client.expect("PUBACK 1");
    }

    /** A frame has no limit: what of it is kept has those of packets. */
    @Test
    void ofAnEndlessFrameNothingIsHeld() throws Exception {
        stream.acceptAll();
        RawWebSocket client = enterWebSocket(Version.V3);
        client.send(RawWebSocket.head(RawWebSocket.FIN | RawWebSocket.BINARY, Long.MAX_VALUE));
        byte[] chunk = new byte[1 << 20];
        int chunks = 128;
        byte[] beginning = new PacketBytes()
                .u8(0x32)
                .varint(2 + 9 + 2 + chunks * chunk.length)
                .text("sensors/a")
                .u16(5)
                .toArray();
        byte[] masked = RawWebSocket.frame(beginning);
        client.send(Arrays.copyOfRange(masked, masked.length - beginning.length, masked.length));
        long before = memory();
        for (int i = 0; i < chunks - 1; i++) {
            client.send(chunk);
        }
        long grown = memory() - before;
        assertTrue(grown < 32 << 20, grown + " bytes more while " + chunks + " MiB came");
        assertTrue(bodyBytes() <= MAX_PACKET, "the budget holds " + bodyBytes());
        client.send(chunk).expect("PUBACK 5");
    }

    /** G4: what the stream does not take is not read. */
    @ParameterizedTest
    @EnumSource
    void whatTheStreamDoesNotTakeIsNotRead(Version version) throws Exception {
        int publishes = 2_000;
        RawWebSocket client = enterWebSocket(version);
        String padding = " ".repeat(MAX_PACKET - 100);
        AtomicLong sent = new AtomicLong();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(
                () -> {
                    try {
                        for (int n = 1; n <= publishes; n++) {
                            client.send(RawWebSocket.frame(Publish.to("sensors/a")
                                    .id(n)
                                    .payload("{\"t\":1,\"timestamp\":" + n + "}" + padding)
                                    .bytes(version)));
                            sent.incrementAndGet();
                        }
                    } catch (IOException e) {
                        // closed
                    }
                },
                Thread.ofVirtual()::start);
        FakeStream.Call call = stream.nextCall();
        await("a write blocks", () -> {
            long before = sent.get();
            long end = System.nanoTime() + 300_000_000;
            while (System.nanoTime() - end < 0) {
                LockSupport.parkNanos(10_000_000);
            }
            return before > 0 && sent.get() == before;
        });
        assertTrue(sent.get() < publishes, "everything was read");
        assertEquals(IN_FLIGHT, gauge("in.flight"));
        assertTrue(bodyBytes() < 2 << 20, "held: " + bodyBytes());

        stream.acceptAll();
        call.accept(stream);
        for (int n = 1; n <= publishes; n++) {
            client.expect("PUBACK " + n);
        }
        sender.join();
        assertEquals(readings("a", 1, publishes), stored());
        await("nothing is held", () -> bodyBytes() == 0 && gauge("in.flight") == 0);
    }

    /** Pongs that are not read do not pile up. */
    @Test
    void whoDoesNotReadItsPongsGetsNoMore() throws Exception {
        RawWebSocket deaf = dialWebSocket(Version.V5).upgrade();
        byte[] ping = RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, new byte[125]);
        byte[][] some = new byte[1_000][];
        Arrays.fill(some, ping);
        byte[] pings = Packets.together(some);
        long before = memory();
        // 131 MB
        for (int i = 0; i < 1_000; i++) {
            deaf.send(pings);
        }
        long grown = memory() - before;
        assertTrue(grown < 32 << 20, grown + " bytes more");
        assertStillServes();
    }
}
