package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an address may publish: ten a second, and what two seconds give at once. */
class RateMqttVerticleTest extends MqttDoorFixture {

    private static final int AT_ONCE = 20;

    @Override
    int ratePerAddress() {
        return 10;
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    @Test
    void v5IsToldOfEachPublishOverItsRateAndGoesOn() throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        for (int n = 1; n < AT_ONCE; n++) {
            client.publish(Publish.reading("a", n));
            client.expect("PUBACK " + n);
        }
        client.publish(
                Publish.reading("a", 21),
                Publish.reading("a", 22).qos(2),
                Publish.reading("a", 23).qos(0));
        assertEquals(List.of("PUBACK 21 0x97", "PUBREC 22 0x97"), client.read(2));
        client.expectNothingYet();
        pass(Duration.ofMillis(100));
        client.publish(Publish.reading("a", 24), Publish.reading("a", 25));
        assertEquals(List.of("PUBACK 24", "PUBACK 25 0x97"), client.read(2));
        List<String> expected = new ArrayList<>(readings("a", 1, AT_ONCE - 1));
        expected.add("a@24");
        assertEquals(expected, stored());
        assertEquals(2, published(1, MqttMetrics.Publish.RATE_LIMITED));
        assertEquals(1, published(0, MqttMetrics.Publish.RATE_LIMITED));
    }

    @Test
    void v3IsNotReadUntilItsRateAllowsAndLosesNothing() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        byte[][] packets = new byte[60][];
        for (int n = 1; n <= packets.length; n++) {
            packets[n - 1] = Publish.reading("a", n).bytes(Version.V3);
        }
        client.send(packets);
        client.send(Packets.PINGREQ);
        for (int n = 1; n < AT_ONCE; n++) {
            client.expect("PUBACK " + n);
        }
        client.expectSilence(200);
        assertEquals(AT_ONCE - 1, stored().size());

        for (int n = AT_ONCE; n < packets.length; n++) {
            pass(Duration.ofMillis(101));
            client.expect("PUBACK " + n);
        }
        pass(Duration.ofMillis(101));
        // the last is on its way when the next packet is read
        assertEquals(Set.of("PINGRESP", "PUBACK " + packets.length), new HashSet<>(client.read(2)));
        assertEquals(readings("a", 1, packets.length), stored());
    }

    /** Waiting for its rate is no stall and no silence. */
    @Test
    void v3IsNotCutOffWhileItWaitsForItsRate() throws Exception {
        RawMqtt client =
                dial(Version.V3).enter(new Connect(Version.V3).clientId("c").keepAlive(1));
        for (int n = 1; n <= 2 * AT_ONCE; n++) {
            client.publish(Publish.reading("a", n));
        }
        for (int n = 1; n < AT_ONCE; n++) {
            client.expect("PUBACK " + n);
        }
        client.publish(Publish.reading("a", 41));
        pass(Duration.ofSeconds(2));
        for (int n = AT_ONCE; n < 2 * AT_ONCE; n++) {
            client.expect("PUBACK " + n);
        }
        pass(Duration.ofSeconds(1));
        assertEquals(List.of("PUBACK 40", "PUBACK 41"), client.read(2));
    }

    @Test
    void connectsCountToo() throws Exception {
        for (int i = 0; i < AT_ONCE; i++) {
            Version version = i % 2 == 0 ? Version.V3 : Version.V5;
            enter(version, "c").send(Packets.DISCONNECT).expectEnd();
        }
        assertEquals(
                "CONNACK 0x9F",
                dial(Version.V5).connect(new Connect(Version.V5).clientId("c")).brief());
        RawMqtt three = dial(Version.V3);
        assertEquals(
                "CONNACK 0x03",
                three.connect(new Connect(Version.V3).clientId("c")).brief());
        three.expectEnd();
        pass(Duration.ofMillis(100));
        enter(Version.V5, "c");
    }

    @Test
    void qos0OfV3OverItsRateIsDroppedAndCounted() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        for (int n = 1; n <= 30; n++) {
            client.publish(Publish.reading("a", n).qos(0));
        }
        client.expectNothingYet();
        await(
                "all are counted",
                () -> published(0, MqttMetrics.Publish.ACCEPTED) == AT_ONCE - 1
                        && published(0, MqttMetrics.Publish.RATE_LIMITED) == 30 - AT_ONCE + 1);
        assertEquals(readings("a", 1, AT_ONCE - 1), stored());
    }
}
