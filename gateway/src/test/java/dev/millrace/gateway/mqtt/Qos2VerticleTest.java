package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The second half of QoS 2: what is sent again is published once, within a connection and across a session's. */
class Qos2VerticleTest extends MqttDoorFixture {

    private static final long EXPIRY = 600;

    private static Connect session(Version version, boolean resume) {
        Connect connect = new Connect(version).clientId("c");
        if (version == Version.V5) {
            connect.sessionExpiry(EXPIRY);
        }
        return resume || version == Version.V3 ? connect.resume() : connect;
    }

    private RawMqtt again(Version version, boolean present) throws IOException {
        RawMqtt client = dial(version);
        Answer answer = client.connect(session(version, true));
        assertEquals("CONNACK", answer.brief());
        assertEquals(present, answer.sessionPresent());
        return client;
    }

    @ParameterizedTest
    @EnumSource
    void aPublishThatComesAgainBeforeItsPubrelIsNotPublishedAgain(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1).qos(2));
        client.expect("PUBREC 1");

        client.publish(
                Publish.reading("a", 1).qos(2).dup(), Publish.reading("a", 1).qos(2));

        assertEquals(List.of("PUBREC 1", "PUBREC 1"), client.read(2));
        client.send(Packets.pubrel(1));
        client.expect("PUBCOMP 1");
        assertEquals(List.of("a@1"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aPublishThatComesAgainWhileItIsOnItsWayIsPublishedOnce(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(
                Publish.reading("a", 1).qos(2), Publish.reading("a", 1).qos(2).dup());
        FakeStream.Call call = stream.nextCall();
        client.expectNothingYet();
        stream.acceptAll();
        call.accept(stream);

        client.expect("PUBREC 1");
        client.send(Packets.pubrel(1), Packets.PINGREQ);
        List<String> answers = List.of(client.read().brief(), client.read().brief());
        // whether the repetition had a PUBREC of its own is the server's choice
        if (answers.contains("PUBREC 1")) {
            client.expect("PINGRESP");
        }
        assertTrue(answers.contains("PUBCOMP 1"), answers::toString);
        assertEquals(List.of("a@1"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void afterPubcompTheIdentifierIsFree(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        for (int n = 1; n <= 3; n++) {
            client.publish(Publish.reading("a", n).id(9).qos(2));
            client.expect("PUBREC 9");
            client.send(Packets.pubrel(9));
            client.expect("PUBCOMP 9");
        }
        assertEquals(readings("a", 1, 3), stored());
    }

    @Test
    void aRepeatedPubrelIsAnswered() throws Exception {
        stream.acceptAll();
        for (Version version : Version.values()) {
            RawMqtt client = enter(version, "c" + version);
            client.publish(Publish.reading("a", 1).qos(2));
            client.expect("PUBREC 1");
            client.send(Packets.pubrel(1), Packets.pubrel(1), Packets.pubrel(77));
            String unknown = version == Version.V5 ? " 0x92" : "";
            assertEquals(List.of("PUBCOMP 1", "PUBCOMP 1" + unknown, "PUBCOMP 77" + unknown), client.read(3));
        }
    }

    @Test
    void qos1AndQos2MayUseOneIdentifierAtDifferentTimes() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        client.publish(Publish.reading("a", 1).qos(2));
        client.expect("PUBREC 1");
        client.send(Packets.pubrel(1));
        client.expect("PUBCOMP 1");
        client.publish(Publish.reading("a", 2).id(1));
        client.expect("PUBACK 1");
        assertEquals(readings("a", 1, 2), stored());
    }

    @Test
    void aRefusedPublishFreesItsIdentifier() throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(Version.V5, "c");
        client.publish(Publish.to("sensors/a").id(3).qos(2).payload("nonsense"));
        client.expect("PUBREC 3 0x99");
        client.publish(Publish.reading("a", 5).id(3).qos(2));
        client.expect("PUBREC 3");
        client.send(Packets.pubrel(3));
        client.expect("PUBCOMP 3");
        assertEquals(List.of("a@5"), stored());
    }

    @Test
    void aPublishOfV3ThatWasNoReadingIsRepeatedWithoutBeingCountedTwice() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        client.publish(Publish.to("sensors/a").id(3).qos(2).payload("nonsense"));
        client.expect("PUBREC 3");
        client.publish(Publish.to("sensors/a").id(3).qos(2).dup().payload("nonsense"));
        client.expect("PUBREC 3");
        client.send(Packets.pubrel(3));
        client.expect("PUBCOMP 3");
        assertEquals(1, rejected().size());
    }

    @ParameterizedTest
    @EnumSource
    void acrossAReconnectWhatGotItsPubrecIsNotPublishedAgain(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt before = dial(version);
        assertEquals(false, before.connect(session(version, false)).sessionPresent());
        before.publish(Publish.reading("a", 1).qos(2), Publish.reading("a", 2).qos(2));
        before.expect("PUBREC 1");
        before.expect("PUBREC 2");
        before.cut();

        RawMqtt client = again(version, true);
        client.publish(Publish.reading("a", 1).qos(2).dup());
        client.expect("PUBREC 1");
        client.send(Packets.pubrel(1), Packets.pubrel(2));
        assertEquals(List.of("PUBCOMP 1", "PUBCOMP 2"), client.read(2));
        assertEquals(readings("a", 1, 2), stored());
    }

    @ParameterizedTest
    @EnumSource
    void whatWasOnItsWayWhenTheConnectionBrokeIsTakenAgain(Version version) throws Exception {
        RawMqtt before = dial(version);
        before.enter(session(version, false));
        before.publish(Publish.reading("a", 1).qos(2));
        FakeStream.Call call = stream.nextCall();
        before.cut();
        await("the connection is gone", () -> openConnections() == 0);

        RawMqtt client = again(version, true);
        client.publish(Publish.reading("a", 1).qos(2).dup());
        client.expectNothingYet();
        stream.acceptAll();
        call.accept(stream);

        client.expect("PUBREC 1");
        client.send(Packets.pubrel(1));
        client.expect("PUBCOMP 1");
        // twice at most: it is one reading, and counts once
        assertEquals(List.of("a@1"), stored().stream().distinct().toList());
    }

    @ParameterizedTest
    @EnumSource
    void aCleanStartForgetsTheSession(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt before = dial(version);
        before.enter(session(version, false));
        before.publish(Publish.reading("a", 1).qos(2));
        before.expect("PUBREC 1");
        before.cut();

        RawMqtt clean = dial(version);
        assertEquals(false, clean.connect(new Connect(version).clientId("c")).sessionPresent());
        clean.publish(Publish.reading("a", 2).id(1).qos(2));
        clean.expect("PUBREC 1");
        assertEquals(readings("a", 1, 2), stored());
        clean.close();
        await("the connection is gone", () -> openConnections() == 0);

        again(version, false);
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceOfAnotherNameHasAnotherSession(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt one = dial(version).enter(session(version, false));
        one.publish(Publish.reading("a", 1).qos(2));
        one.expect("PUBREC 1");

        RawMqtt other = dial(version).enter(session(version, false).clientId("other"));
        other.publish(Publish.reading("a", 2).id(1).qos(2));
        other.expect("PUBREC 1");
        assertEquals(readings("a", 1, 2), stored());
    }
}
