package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is let in, what CONNACK tells, how long a session and a silent connection last. */
class ConnectVerticleTest extends MqttDoorFixture {

    private static final Map<Integer, Object> TERMS = Map.of(
            Answer.RECEIVE_MAXIMUM,
            256,
            Answer.MAXIMUM_PACKET_SIZE,
            262_144L,
            Answer.TOPIC_ALIAS_MAXIMUM,
            32,
            Answer.WILDCARD,
            0,
            Answer.SUBSCRIPTION_IDS,
            0,
            Answer.SHARED,
            0);

    @Test
    void connackTellsTheLimits() throws Exception {
        Answer answer = dial(Version.V5)
                .connect(new Connect(Version.V5).clientId("c").keepAlive(60).sessionExpiry(3600));

        assertEquals("CONNACK", answer.brief());
        assertFalse(answer.sessionPresent());
        assertEquals(TERMS, answer.properties());
        assertEquals(
                "2002 0000",
                dial(Version.V3)
                        .connect(new Connect(Version.V3).clientId("c3").keepAlive(0))
                        .hex()
                        .replaceFirst("20 ", "2002 "));
    }

    @ParameterizedTest
    @CsvSource({"0, 300", "301, 300", "65535, 300", "300, 0", "1, 0"})
    void tellsWhatKeepAliveIsKept(int asked, int told) throws Exception {
        Answer answer =
                dial(Version.V5).connect(new Connect(Version.V5).clientId("c").keepAlive(asked));
        assertEquals(told == 0 ? null : told, answer.properties().get(Answer.SERVER_KEEP_ALIVE));
    }

    @ParameterizedTest
    @CsvSource({"0, -1", "3600, -1", "3601, 3600", "4294967295, 3600"})
    void tellsHowLongASessionIsKept(long asked, long told) throws Exception {
        Answer answer = dial(Version.V5)
                .connect(new Connect(Version.V5).clientId("c").keepAlive(9).sessionExpiry(asked));
        assertEquals(told < 0 ? null : told, answer.properties().get(Answer.SESSION_EXPIRY));
    }

    @Test
    void givesANamelessClientAName() throws Exception {
        String one = dial(Version.V5).connect(new Connect(Version.V5)).assignedClientId();
        RawMqtt other = dial(Version.V5);
        String another = other.connect(new Connect(Version.V5)).assignedClientId();

        assertTrue(one.length() >= 8, one);
        assertFalse(one.equals(another));
        other.publish(Publish.to("x").id(1));
        other.expect("PUBACK 1 0x90");
        assertEquals(List.of(another + " x wrong-topic"), rejected());
        dial(Version.V3).enter(new Connect(Version.V3));
        dial(Version.V3).enter(new Connect(Version.V3));
        assertEquals(4, openConnections(), "nobody took over from another");
    }

    @Test
    void refusesClientIdsThatItCannotKeep() throws Exception {
        assertRefused(Version.V3, new Connect(Version.V3).resume(), "CONNACK 0x02");
        dial(Version.V5).enter(new Connect(Version.V5).resume());
        for (Version version : Version.values()) {
            String code = version == Version.V5 ? "CONNACK 0x85" : "CONNACK 0x02";
            dial(version).enter(new Connect(version).clientId("x".repeat(256)));
            assertRefused(version, new Connect(version).clientId("x".repeat(257)), code);
        }
    }

    @Test
    void refusesVersionsThatItDoesNotSpeak() throws Exception {
        for (int level : List.of(0, 3, 6, 0x84, 255)) {
            byte[] packet = new PacketBytes()
                    .text("MQTT")
                    .u8(level)
                    .u8(2)
                    .u16(0)
                    .text("c")
                    .packet(0x10);
            RawMqtt client = dial(Version.V3).send(packet);
            Answer answer = client.read();
            // whichever form the client is likelier to understand
            assertTrue(List.of("CONNACK 0x01", "CONNACK 0x84").contains(answer.brief()), answer.brief());
            client.expectEnd();
        }
        byte[] old =
                new PacketBytes().text("MQIsdp").u8(3).u8(2).u16(0).text("c").packet(0x10);
        RawMqtt client = dial(Version.V3).send(old);
        client.expect("CONNACK 0x01");
        client.expectEnd();
    }

    @ParameterizedTest
    @EnumSource
    void theNewerOfTwoClientsWithOneIdWins(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt older = enter(version, "c");
        RawMqtt newer = enter(version, "c");

        older.expectClosed(0x8e);
        newer.publish(Publish.reading("a", 1));
        newer.expect("PUBACK 1");
        // also of another version
        Version other = version == Version.V3 ? Version.V5 : Version.V3;
        RawMqtt newest = enter(other, "c");
        newer.expectClosed(0x8e);
        newest.expectNothingYet();
        await("one is left", () -> openConnections() == 1);
    }

    @Test
    void manyWhoFightForOneIdLeaveOneConnection() throws Exception {
        for (int i = 0; i < 50; i++) {
            Version version = i % 2 == 0 ? Version.V3 : Version.V5;
            dial(version).send(new Connect(version).clientId("c").resume().bytes(), Packets.PINGREQ);
        }
        // those that were told to go are closed by the server when they do not close themselves
        await("one is left", () -> {
            pass(Duration.ofMillis(100));
            return openConnections() == 1;
        });
        assertStillServes();
    }

    @ParameterizedTest
    @EnumSource
    void whatTheOlderHadOnItsWayIsStored(Version version) throws Exception {
        RawMqtt older = enter(version, "c");
        older.publish(Publish.reading("a", 1));
        var call = stream.nextCall();
        RawMqtt newer = enter(version, "c");
        older.expectClosed(0x8e);
        stream.acceptAll();
        call.accept(stream);
        newer.publish(Publish.reading("a", 2));
        newer.expect("PUBACK 2");
        assertEquals(readings("a", 1, 2), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionWithoutConnectIsClosed(Version version) throws Exception {
        RawMqtt silent = dial(version);
        RawMqtt half = dial(version);
        byte[] connect = new Connect(version).clientId("half").bytes();
        half.send(java.util.Arrays.copyOf(connect, connect.length - 1));
        RawMqtt client = enter(version, "c");
        await("all are there", () -> openConnections() == 3);

        pass(Duration.ofSeconds(9));
        client.expectNothingYet();
        assertEquals(3, openConnections());
        pass(Duration.ofSeconds(2));

        silent.expectEnd();
        half.expectEnd();
        client.expectNothingYet();
        assertEquals(2, ended(MqttMetrics.End.NO_CONNECT));
    }

    @ParameterizedTest
    @EnumSource
    void aSilentConnectionIsClosedAfterKeepAliveAndAHalf(Version version) throws Exception {
        RawMqtt silent = dial(version).enter(new Connect(version).clientId("s").keepAlive(10));
        RawMqtt alive = dial(version).enter(new Connect(version).clientId("a").keepAlive(10));
        for (int i = 0; i < 2; i++) {
            pass(Duration.ofSeconds(7));
            alive.expectNothingYet();
        }
        assertEquals(2, openConnections());
        pass(Duration.ofSeconds(2));

        silent.expectClosed(0x8d);
        alive.expectNothingYet();
        pass(Duration.ofSeconds(16));
        alive.expectClosed(0x8d);
        assertEquals(2, ended(MqttMetrics.End.KEEP_ALIVE));
    }

    @Test
    void theKeepAliveThatTheServerToldIsKept() throws Exception {
        RawMqtt told = dial(Version.V5).enter(new Connect(Version.V5).clientId("five"));
        RawMqtt free = dial(Version.V3).enter(new Connect(Version.V3).clientId("three"));
        pass(Duration.ofSeconds(460));

        told.expectClosed(0x8d);
        // of 3.1.1 nobody told it anything: who turned it off has turned it off
        free.expectNothingYet();
    }

    @ParameterizedTest
    @EnumSource
    void aPacketThatTakesTooLongIsNotWaitedFor(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        byte[] packet = Publish.reading("a", 1).bytes(version);
        client.send(java.util.Arrays.copyOf(packet, 10));
        await("its bytes are kept", () -> bodyBytes() > 0);
        for (int i = 10; ended(MqttMetrics.End.SLOW_PACKET) == 0; i++) {
            // bytes keep coming, and the packet does not end
            if (i < packet.length - 1) {
                client.send(new byte[] {packet[i]});
            }
            pass(PACKET_TIMEOUT.dividedBy(8));
            LockSupport.parkNanos(10_000_000);
        }

        List<Answer> answers = client.readToEnd();
        assertTrue(answers.size() <= (version == Version.V5 ? 1 : 0), answers::toString);
        await("its bytes are given back", () -> bodyBytes() == 0);
        assertEquals(1, ended(MqttMetrics.End.SLOW_PACKET));
    }

    @Test
    void aSessionEndsWhenItsTimeIsOver() throws Exception {
        Connect connect =
                new Connect(Version.V5).clientId("c").keepAlive(9).resume().sessionExpiry(100);
        dial(Version.V5).enter(connect).cut();
        await("it is gone", () -> openConnections() == 0);
        pass(Duration.ofSeconds(90));
        RawMqtt again = dial(Version.V5);
        assertTrue(again.connect(connect).sessionPresent());
        again.cut();
        await("it is gone", () -> openConnections() == 0);
        pass(Duration.ofSeconds(101));
        assertFalse(dial(Version.V5).connect(connect).sessionPresent());
    }

    @Test
    void aSessionOfV3IsKeptAtMostAsLongAsTheServerKeepsAny() throws Exception {
        Connect connect = new Connect(Version.V3).clientId("c").resume();
        dial(Version.V3).enter(connect).cut();
        await("it is gone", () -> openConnections() == 0);
        pass(Duration.ofSeconds(3590));
        RawMqtt again = dial(Version.V3);
        assertTrue(again.connect(connect).sessionPresent());
        again.send(Packets.DISCONNECT);
        again.expectEnd();
        await("it is gone", () -> openConnections() == 0);
        pass(Duration.ofSeconds(3601));
        assertFalse(dial(Version.V3).connect(connect).sessionPresent());
    }

    @Test
    void disconnectMayShortenTheSessionButNotBeginOne() throws Exception {
        Connect connect = new Connect(Version.V5).clientId("c").resume().sessionExpiry(100);
        RawMqtt client = dial(Version.V5).enter(connect).send(Packets.disconnectExpiring(0));
        client.expectEnd();
        await("it is gone", () -> openConnections() == 0);
        assertFalse(dial(Version.V5).connect(connect).sessionPresent());

        RawMqtt without = dial(Version.V5)
                .enter(new Connect(Version.V5).clientId("without"))
                .send(Packets.disconnectExpiring(100));
        without.expect("DISCONNECT 0x82");
        without.expectEnd();
    }

    @Test
    void aSessionThatNobodyAskedForIsNotKept() throws Exception {
        dial(Version.V5).enter(new Connect(Version.V5).clientId("c").resume()).cut();
        await("it is gone", () -> openConnections() == 0);
        assertFalse(dial(Version.V5)
                .connect(new Connect(Version.V5).clientId("c").resume())
                .sessionPresent());
    }

    @ParameterizedTest
    @EnumSource
    void refusesSubscriptionsTopicByTopic(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.send(Packets.subscribe(version, 7, "sensors/+", "#"), Packets.unsubscribe(version, 8, "a", "b", "c"));

        Answer suback = client.read();
        assertEquals("SUBACK 7", suback.brief());
        assertEquals(version == Version.V5 ? List.of(0x87, 0x87) : List.of(0x80, 0x80), suback.reasons());
        Answer unsuback = client.read();
        assertEquals("UNSUBACK 8", unsuback.brief());
        assertEquals(version == Version.V5 ? List.of(0x11, 0x11, 0x11) : List.of(), unsuback.reasons());
        client.expectNothingYet();
    }

    @Test
    void anotherAuthenticationThanByKeyIsRefused() throws Exception {
        Connect connect = new Connect(Version.V5)
                .clientId("c")
                .property(new PacketBytes().u8(0x15).text("SCRAM-SHA-1"));
        assertRefused(Version.V5, connect, "CONNACK 0x8C");
    }

    private void assertRefused(Version version, Connect connect, String answer) throws IOException {
        RawMqtt client = dial(version).send(connect.bytes());
        client.expect(answer);
        client.expectEnd();
    }
}
