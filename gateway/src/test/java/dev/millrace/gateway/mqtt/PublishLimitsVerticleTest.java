package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What CONNACK promises is kept: topic aliases, receive maximum, maximum packet size. */
class PublishLimitsVerticleTest extends MqttDoorFixture {

    private static final int RECEIVE_MAXIMUM = 4;
    private static final int MAX_PACKET = 20 << 10;

    @Override
    int receiveMaximum() {
        return RECEIVE_MAXIMUM;
    }

    @Override
    int maxPacketBytes() {
        return MAX_PACKET;
    }

    private static Publish aliased(String topic, int alias, int n) {
        return Publish.to(topic).alias(alias).id(n).payload("{\"t\":1,\"timestamp\":" + n + "}");
    }

    @Test
    void aTopicAliasStandsForTheTopicThatItWasSetTo() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        int n = 0;
        for (Publish one : List.of(
                aliased("sensors/a", 1, 1),
                aliased("", 1, 2),
                aliased("sensors/b", 32, 3),
                aliased("", 32, 4),
                aliased("", 1, 5),
                aliased("sensors/b", 1, 6),
                aliased("", 1, 7),
                aliased("sensors/c", 2, 8))) {
            client.publish(one);
            n++;
            client.expect("PUBACK " + n);
        }
        assertEquals(List.of("a@1", "a@2", "b@3", "b@4", "a@5", "b@6", "b@7", "c@8"), stored());

        // the aliases of one connection are nobody else's, and do not outlive it
        RawMqtt other = enter(Version.V5, "other");
        other.publish(aliased("", 1, 9));
        assertInvalidAlias(other);
        client.cut();
        RawMqtt again = enter(Version.V5, "c");
        again.publish(aliased("", 1, 9));
        assertInvalidAlias(again);
        assertEquals(8, stored().size());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 33, 65_535})
    void aliasesBeyondTheMaximumAreRefused(int alias) throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        client.publish(aliased("sensors/a", alias, 1));
        client.expect("DISCONNECT 0x94");
        client.expectEnd();
        assertEquals(List.of(), rejected());
    }

    @Test
    void aWrongTopicCanHaveAnAliasAndStaysWrong() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        client.publish(aliased("elsewhere", 3, 1), aliased("", 3, 2));
        assertEquals(List.of("PUBACK 1 0x90", "PUBACK 2 0x90"), client.read(2));
        client.publish(aliased("sensors/a", 3, 3), aliased("", 3, 4));
        assertEquals(List.of("PUBACK 3", "PUBACK 4"), client.read(2));
    }

    @Test
    void anAliasOfAQos0PublishOrOfOneThatWasNoReadingHolds() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        client.publish(
                aliased("sensors/a", 1, 1).qos(0),
                Publish.to("sensors/b").alias(2).id(2).payload("nonsense"),
                aliased("", 1, 3),
                aliased("", 2, 4));
        assertEquals(List.of("PUBACK 2 0x99", "PUBACK 3", "PUBACK 4"), client.read(3));
        assertEquals(List.of("a@1", "a@3", "b@4"), stored().stream().sorted().toList());
    }

    private static void assertInvalidAlias(RawMqtt client) throws Exception {
        Answer answer = client.read();
        // 3.3.4 calls it a protocol error, the reason's name fits better
        assertTrue(List.of("DISCONNECT 0x82", "DISCONNECT 0x94").contains(answer.brief()), answer.brief());
        client.expectEnd();
    }

    @Test
    void moreUnacknowledgedPublishesThanTheReceiveMaximumEndTheConnection() throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        for (int n = 1; n <= RECEIVE_MAXIMUM; n++) {
            client.publish(Publish.reading("a", n).qos(n % 2 + 1));
        }
        client.expectNothingYet();
        client.publish(Publish.reading("a", 5));

        client.expect("DISCONNECT 0x93");
        client.expectEnd();
    }

    @Test
    void aPublishOfQos2CountsUntilItsPubcomp() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        for (int n = 1; n <= RECEIVE_MAXIMUM; n++) {
            client.publish(Publish.reading("a", n).qos(2));
            client.expect("PUBREC " + n);
        }
        // QoS 0, and what comes again, count nothing
        client.publish(
                Publish.reading("a", 9).qos(0), Publish.reading("a", 2).qos(2).dup());
        client.expect("PUBREC 2");
        client.send(Packets.pubrel(3));
        client.expect("PUBCOMP 3");
        client.publish(Publish.reading("a", 5));
        client.expect("PUBACK 5");
        client.publish(Publish.reading("a", 6).qos(2));
        client.expect("PUBREC 6");
        client.publish(Publish.reading("a", 7));

        client.expect("DISCONNECT 0x93");
        client.expectEnd();
    }

    @ParameterizedTest
    @EnumSource
    void whoKeepsToTheReceiveMaximumIsNeverCutOff(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        int answered = 0;
        List<String> answers = new ArrayList<>();
        for (int n = 1; n <= 500; n++) {
            if (n - answered > RECEIVE_MAXIMUM) {
                answers.addAll(client.read(1));
                answered++;
            }
            client.publish(n % 5 == 0 ? Publish.to("sensors/a").id(n).payload("bad") : Publish.reading("a", n));
        }
        answers.addAll(client.read(500 - answered));
        assertEquals(500, answers.size());
        assertTrue(answers.stream().allMatch(one -> one.startsWith("PUBACK ")), answers::toString);
        assertEquals(400, stored().size());
    }

    @Test
    void aClientOfV3WithMoreOnItsWayIsReadAgainWhenThereIsRoom() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        List<byte[]> packets = new ArrayList<>();
        for (int n = 1; n <= 50; n++) {
            packets.add(Publish.reading("a", n).bytes(Version.V3));
        }
        client.send(packets.toArray(byte[][]::new));
        FakeStream.Call first = stream.nextCall();
        await("as many are on their way as may be", () -> gauge("in.flight") == RECEIVE_MAXIMUM);
        stream.acceptAll();
        first.accept(stream);

        for (int n = 1; n <= 50; n++) {
            client.expect("PUBACK " + n);
        }
        assertEquals(readings("a", 1, 50), stored());
    }

    /** Nothing of these is on its way to the stream, but each waits for its turn to be answered. */
    @ParameterizedTest
    @ValueSource(strings = {"wrong topic", "no reading", "too large"})
    void answersThatWaitForTheirTurnAreBoundedToo(String what) throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        Publish one =
                switch (what) {
                    case "wrong topic" -> Publish.to("x").id(2);
                    case "no reading" -> Publish.to("sensors/a").id(2).payload("x");
                    default -> Publish.to("sensors/a").id(2).payload(new byte[MAX_PACKET + 1]);
                };
        byte[] packet = one.bytes(Version.V3);
        byte[][] many = new byte[100][];
        Arrays.fill(many, packet);
        client.send(many);
        client.send(Packets.PINGREQ);

        // PINGREQ is behind them and must wait: nothing is read before there is room
        client.expectSilence(300);
        stream.acceptAll();
        call.accept(stream);
        client.expect("PUBACK 1");
        for (int i = 0; i < 100; i++) {
            client.expect("PUBACK 2");
        }
        client.expect("PINGRESP");
    }

    @ParameterizedTest
    @EnumSource
    void whoRepeatsAPublishOverAndOverIsCutOff(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 7).qos(2));
        client.expect("PUBREC 7");
        stream.hold();
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        byte[][] many = new byte[100_000][];
        Arrays.fill(many, Publish.reading("a", 7).qos(2).dup().bytes(version));
        try {
            client.send(many);
        } catch (java.io.IOException e) {
            // it is closed while it writes
        }
        client.expectClosed(0x93);
        call.accept(stream);
    }

    @Test
    void aPacketThatIsTooLargeEndsAConnectionOfV5() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        client.publish(Publish.reading("a", 1));
        client.expect("PUBACK 1");
        // its length is enough
        client.send(new PacketBytes().u8(0x32).varint(MAX_PACKET + 1).u16(9).toArray());
        client.expect("DISCONNECT 0x95");
        client.expectEnd();
    }

    @ParameterizedTest
    @EnumSource
    void aPacketOfTheLargestSizeIsTaken(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        byte[] head = Publish.reading("a", 1).bytes(version);
        int room = MAX_PACKET - head.length;
        client.publish(Publish.to("sensors/a").id(1).payload("{\"t\":1,\"timestamp\":1}" + " ".repeat(room)));
        client.expect("PUBACK 1");
        assertEquals(List.of("a@1"), stored());
    }

    @Test
    void aPublishOfV3ThatIsTooLargeIsSkippedAcknowledgedAndKept() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V3, "c");
        for (int qos = 0; qos <= 2; qos++) {
            client.publish(Publish.to("sensors/a").id(7 + qos).qos(qos).payload(new byte[MAX_PACKET]));
        }
        assertEquals(List.of("PUBACK 8", "PUBREC 9"), client.read(2));
        client.send(Packets.pubrel(9));
        client.expect("PUBCOMP 9");

        client.publish(Publish.reading("a", 1));
        client.expect("PUBACK 1");
        assertEquals(List.of("a@1"), stored());
        String kept = "c sensors/a too-large";
        assertEquals(List.of(kept, kept, kept), rejected());
        assertEquals(1, published(1, MqttMetrics.Publish.REJECTED));
    }

    @Test
    void aPublishThatIsTooLargeWaitsForItsTurn() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        client.publish(Publish.to("sensors/a").id(2).payload(new byte[3 * MAX_PACKET]), Publish.reading("a", 3));
        client.expectNothingYet();
        stream.acceptAll();
        call.accept(stream);
        assertEquals(List.of("PUBACK 1", "PUBACK 2", "PUBACK 3"), client.read(3));
    }

    @Test
    void whatIsSkippedIsNotHeldInMemory() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V3, "c");
        byte[] chunk = new byte[1 << 20];
        int chunks = 255;
        long before = memory();
        client.send(new PacketBytes()
                .u8(0x32)
                .varint(2 + 9 + 2 + chunks * chunk.length)
                .text("sensors/a")
                .u16(5)
                .toArray());
        for (int i = 0; i < chunks - 1; i++) {
            client.send(chunk);
        }
        long grown = memory() - before;
        assertTrue(grown < 64 << 20, grown + " bytes more while " + chunks + " MiB came");
        assertTrue(bodyBytes() <= MAX_PACKET, "the budget holds " + bodyBytes());
        client.send(chunk);
        client.expect("PUBACK 5");
        client.publish(Publish.reading("a", 1));
        client.expect("PUBACK 1");
    }

    private static long memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
    }

    @ParameterizedTest
    @EnumSource
    void anotherPacketThatIsTooLargeEndsTheConnection(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.send(new PacketBytes().u8(0x82).varint(100_000_000).toArray());
        client.expectClosed(0x95);
    }

    @Test
    void aTopicThatIsTooLargeIsNotWaitedFor() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        client.send(new PacketBytes().u8(0x32).varint(70_000).u16(65_000).toArray(), new byte[65_000]);
        List<Answer> answers = client.readToEnd();
        assertTrue(answers.isEmpty(), answers::toString);
        assertStillServes();
    }

    @Test
    void aStrangerIsNotReadFurtherThanAConnectGoes() throws Exception {
        for (int first : List.of(0x10, 0x32, 0x82)) {
            RawMqtt client = dial(Version.V3);
            client.send(new PacketBytes().u8(first).varint(268_435_455).toArray());
            client.expectEnd();
        }
        assertEquals(0, bodyBytes());
    }
}
