package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** G1 and G2 over MQTT: PUBACK and PUBREC come when the stream has accepted, and in the order in which the publishes came. */
class AcknowledgeVerticleTest extends MqttDoorFixture {

    private final String first = sensorOf(0);
    private final String second = sensorOf(1);

    @ParameterizedTest
    @EnumSource
    void acknowledgesQos1OnlyAfterTheStreamAcceptedTheReading(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        client.expectNothingYet();

        call.accept(stream);

        client.expect("PUBACK 1");
        assertEquals(List.of("a@1"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void acknowledgesQos2OnlyAfterTheStreamAcceptedTheReading(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 65_535).qos(2));
        FakeStream.Call call = stream.nextCall();
        client.expectNothingYet();

        call.accept(stream);

        client.expect("PUBREC 65535");
        client.send(Packets.pubrel(65_535));
        client.expect("PUBCOMP 65535");
        assertEquals(List.of("a@65535"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void doesNotAcknowledgeWhatTheStreamRefusedUntilItTookIt(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call refused = stream.nextCall();
        refused.answer(new PutResult.Throttled());
        FakeStream.Call again = stream.nextCall();
        client.expectNothingYet();

        again.accept(stream);

        client.expect("PUBACK 1");
    }

    @ParameterizedTest
    @EnumSource
    void doesNotAcknowledgeABodyOfWhichOneReadingIsMissing(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        // the second reading is of the topic's sensor too: both go to one lane, which is busy with another's
        client.publish(Publish.reading(first, 1));
        FakeStream.Call busy = stream.nextCall();
        client.publish(
                Publish.to("sensors/" + first).id(2).payload("[{\"t\":2,\"timestamp\":2},{\"t\":3,\"timestamp\":3}]"));
        client.expectNothingYet();

        busy.accept(stream);
        client.expect("PUBACK 1");
        FakeStream.Call both = stream.nextCall();
        client.expectNothingYet();
        both.accept(stream);

        client.expect("PUBACK 2");
        assertEquals(readings(first, 1, 3), stored());
    }

    @ParameterizedTest
    @EnumSource
    void acknowledgesInTheOrderOfArrivalThoughALaterLaneIsFaster(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading(first, 1));
        FakeStream.Call slow = stream.nextCall();
        client.publish(Publish.reading(second, 2), Publish.reading(second, 3).qos(2));
        FakeStream.Call fast = stream.nextCall();
        fast.accept(stream);
        client.expectNothingYet();
        // the third may have come while the second was on its way
        if (stored().size() < 2) {
            stream.nextCall().accept(stream);
        }
        client.expectNothingYet();

        slow.accept(stream);

        assertEquals(List.of("PUBACK 1", "PUBACK 2", "PUBREC 3"), client.read(3));
    }

    @ParameterizedTest
    @EnumSource
    void refusalsWaitForTheirTurn(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        client.publish(
                Publish.to("sensors/a").id(2).payload("no reading"),
                Publish.to("elsewhere").id(3).qos(2).payload("{\"t\":1}"),
                Publish.to("sensors/a").id(4).qos(2).payload("[]"));
        client.expectNothingYet();

        call.accept(stream);

        assertEquals(
                version == Version.V5
                        ? List.of("PUBACK 1", "PUBACK 2 0x99", "PUBREC 3 0x90", "PUBREC 4 0x99")
                        : List.of("PUBACK 1", "PUBACK 2", "PUBREC 3", "PUBREC 4"),
                client.read(4));
    }

    @ParameterizedTest
    @EnumSource
    void keepsTheOrderOfMixedQosOverLanesThatAnswerOutOfOrder(Version version) throws Exception {
        AtomicInteger puts = new AtomicInteger();
        // every third entry is tried again, so that lanes overtake each other
        stream.answerBy(entry -> puts.incrementAndGet() % 3 == 0 ? new PutResult.Throttled() : stream.store(entry));
        RawMqtt client = enter(version, "c");
        List<String> expected = new ArrayList<>();
        List<byte[]> packets = new ArrayList<>();
        for (int n = 1; n <= 200; n++) {
            int qos = n % 4 == 0 ? 2 : n % 7 == 0 ? 0 : 1;
            packets.add(Publish.reading(n % 2 == 0 ? first : second, n).qos(qos).bytes(version));
            if (qos > 0) {
                expected.add((qos == 1 ? "PUBACK " : "PUBREC ") + n);
            }
        }
        client.send(packets.toArray(byte[][]::new));

        assertEquals(expected, client.read(expected.size()));
        for (String sensor : List.of(first, second)) {
            List<String> mine = stored().stream()
                    .filter(one -> one.startsWith(sensor + "@"))
                    .distinct()
                    .toList();
            assertEquals(100, mine.size());
            assertEquals(
                    mine.stream()
                            .sorted((a, b) -> Integer.compare(number(a), number(b)))
                            .toList(),
                    mine);
        }
    }

    private static int number(String stored) {
        return Integer.parseInt(stored.substring(stored.indexOf('@') + 1));
    }

    @ParameterizedTest
    @EnumSource
    void publishesQos0AndAnswersNothing(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1).qos(0), Publish.reading("a", 2).qos(0), Publish.reading("a", 3));

        client.expect("PUBACK 3");
        assertEquals(readings("a", 1, 3), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionThatIsGoneTakesNothingBackThatWasOnItsWay(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        client.cut();
        await("the connection is gone", () -> openConnections() == 0);

        call.accept(stream);

        assertEquals(List.of("a@1"), stored());
        await("nothing is counted as in flight", () -> gauge("in.flight") == 0);
        assertStillServes();
    }

    @ParameterizedTest
    @EnumSource
    void answersNothingMoreAfterDisconnectAndStillPublishesWhatCameBefore(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1)).send(Packets.DISCONNECT);
        stream.nextCall().accept(stream);

        assertTrue(client.readToEnd().stream().allMatch(answer -> answer.brief().equals("PUBACK 1")));
        assertEquals(List.of("a@1"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void retainMeansNothingAndOnePacketMayComeByteByByte(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = dial(version);
        for (byte[] packet : List.of(
                new Connect(version).clientId("slow").bytes(),
                Publish.reading("a", 1).retain().bytes(version))) {
            for (byte one : packet) {
                client.send(new byte[] {one});
            }
        }

        assertEquals(List.of("CONNACK", "PUBACK 1"), client.read(2));
        assertEquals(List.of("a@1"), stored());
    }

    @Test
    void connectAndPublishesMayComeInOnePiece() throws Exception {
        stream.acceptAll();
        for (Version version : Version.values()) {
            RawMqtt client = dial(version);
            client.send(
                    new Connect(version).clientId("c").bytes(),
                    Publish.reading("a", 1).bytes(version),
                    Packets.PINGREQ,
                    Publish.reading("a", 2).bytes(version),
                    Packets.DISCONNECT);
            List<String> answers =
                    client.readToEnd().stream().map(Answer::brief).toList();
            assertEquals("CONNACK", answers.getFirst());
        }
        await("all are stored", () -> stored().size() == 4);
    }
}
