package dev.millrace.gateway.mqtt;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.limit.Rate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device may publish: two readings a second, and what two seconds give at once, over all its connections together. */
class SenderRateMqttVerticleTest extends MqttDoorFixture {

    @Override
    Rate ratePerDevice() {
        return new Rate(2, 0);
    }

    @Override
    Authenticator authenticator() {
        return TestKeys.authenticator(entry("one", Role.DEVICE, "*"), entry("two", Role.DEVICE, "*"));
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    private RawMqtt enter(Version version, String device, String clientId) throws Exception {
        return dial(version)
                .enter(new Connect(version)
                        .clientId(clientId)
                        .user("any")
                        .password(key(device).text()));
    }

    @Test
    void v5IsToldAndOthersAreNotTouched() throws Exception {
        RawMqtt first = enter(Version.V5, "one", "c1");
        RawMqtt second = enter(Version.V5, "one", "c2");
        for (int n = 1; n <= 4; n++) {
            first.publish(Publish.reading("a", n));
            first.expect("PUBACK " + n);
        }
        second.publish(Publish.reading("a", 5));
        second.expect("PUBACK 5");
        first.publish(Publish.reading("a", 6), Publish.reading("a", 7).qos(2));
        assertEquals(List.of("PUBACK 6 0x97", "PUBREC 7 0x97"), first.read(2));
        second.publish(Publish.reading("a", 8));
        second.expect("PUBACK 8 0x97");
        RawMqtt other = enter(Version.V5, "two", "c1");
        other.publish(Publish.reading("b", 9));
        other.expect("PUBACK 9");
        pass(Duration.ofMillis(500));
        first.publish(Publish.reading("a", 10));
        first.expect("PUBACK 10");
    }

    /** What waits is held in memory: nobody holds it for hours. */
    @Test
    void v3ThatOwesMoreThanItsPatienceIsCutOff() throws Exception {
        RawMqtt client = enter(Version.V3, "one", "c");
        StringBuilder lines = new StringBuilder();
        for (int n = 1; n <= 1_000; n++) {
            lines.append("{\"t\":1,\"timestamp\":").append(n).append("}\n");
        }
        client.publish(Publish.to("sensors/a").payload(lines.toString()).id(1), Publish.reading("a", 2));
        client.expect("PUBACK 1");
        client.expectEnd();
        assertEquals(1, ended(MqttMetrics.End.STALLED));
    }

    @Test
    void v3IsNotReadUntilItsRateAllowsAndLosesNothing() throws Exception {
        RawMqtt client = enter(Version.V3, "one", "c");
        byte[][] packets = new byte[12][];
        for (int n = 1; n <= packets.length; n++) {
            packets[n - 1] = Publish.reading("a", n).bytes(Version.V3);
        }
        client.send(packets);
        for (int n = 1; n <= 5; n++) {
            client.expect("PUBACK " + n);
        }
        client.expectSilence(200);
        for (int n = 6; n <= packets.length; n++) {
            pass(Duration.ofMillis(500));
            client.expect("PUBACK " + n);
        }
        assertEquals(readings("a", 1, packets.length), stored());
    }
}
