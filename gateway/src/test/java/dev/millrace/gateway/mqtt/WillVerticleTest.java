package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A will is published when its connection breaks, and only then. */
class WillVerticleTest extends MqttDoorFixture {

    private static final String WILL = "{\"status\":\"LOST\",\"timestamp\":99}";

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    private static Connect leaving(Version version, String payload) {
        return new Connect(version).clientId("w").keepAlive(10).will("sensors/w", payload);
    }

    private static Connect delayed(int seconds) {
        return leaving(Version.V5, WILL).resume().sessionExpiry(600).willDelay(seconds);
    }

    /** What was published before this comes before it in the stream, being of one sensor. */
    private void assertPublished(String... expected) throws IOException {
        await("its connection is gone", () -> openConnections() == 0);
        RawMqtt marker = enter(Version.V5, "marker");
        marker.publish(Publish.reading("w", 7));
        marker.expect("PUBACK 7");
        assertEquals(
                List.of(expected),
                stored().stream().filter(one -> !one.equals("w@7")).toList());
    }

    @ParameterizedTest
    @EnumSource
    void isPublishedWhenTheConnectionIsCut(Version version) throws Exception {
        RawMqtt client = dial(version).enter(leaving(version, WILL));
        client.publish(Publish.reading("w", 1));
        client.expect("PUBACK 1");
        client.cut();
        assertPublished("w@1", "w@99");
        assertEquals("LOST", new JsonObject(stream.lines().get(1)).getString("status"));
    }

    @ParameterizedTest
    @EnumSource
    void isPublishedWhenTheClientJustCloses(Version version) throws Exception {
        dial(version).enter(leaving(version, WILL)).close();
        assertPublished("w@99");
    }

    @ParameterizedTest
    @EnumSource
    void isPublishedAfterSilence(Version version) throws Exception {
        RawMqtt client = dial(version).enter(leaving(version, WILL));
        pass(Duration.ofSeconds(16));
        client.expectClosed(0x8d);
        assertPublished("w@99");
    }

    @ParameterizedTest
    @EnumSource
    void isPublishedAfterAProtocolError(Version version) throws Exception {
        RawMqtt client = dial(version).enter(leaving(version, WILL));
        client.send(new byte[] {0x00, 0x00});
        client.expectClosed(0x81);
        assertPublished("w@99");
    }

    @ParameterizedTest
    @EnumSource
    void isNotPublishedAfterDisconnect(Version version) throws Exception {
        RawMqtt client = dial(version).enter(leaving(version, WILL)).send(Packets.DISCONNECT);
        client.expectEnd();
        assertPublished();
    }

    @Test
    void isPublishedAfterDisconnectWithWill() throws Exception {
        RawMqtt client = dial(Version.V5).enter(leaving(Version.V5, WILL)).send(Packets.disconnect(0x04));
        client.expectEnd();
        assertPublished("w@99");
    }

    @Test
    void isNotPublishedWhenTheGatewayStops() throws Exception {
        RawMqtt client = dial(Version.V5).enter(leaving(Version.V5, WILL));
        Future<Void> drained = door.drain(Duration.ofSeconds(10));
        client.expectClosed(0x8b);
        drained.await();
        assertEquals(List.of(), stored());
    }

    @Test
    void isNotPublishedOfAClientThatWasNotLetIn() throws Exception {
        RawMqtt client = dial(Version.V3);
        client.connect(leaving(Version.V3, WILL).clientId("").resume());
        client.expectEnd();
        assertPublished();
    }

    @ParameterizedTest
    @EnumSource
    void isPublishedWhenANewerConnectionTakesOver(Version version) throws Exception {
        RawMqtt older = dial(version).enter(leaving(version, WILL));
        RawMqtt newer = enter(version, "w");
        older.expectClosed(0x8e);
        newer.send(Packets.DISCONNECT);
        newer.expectEnd();
        assertPublished("w@99");
    }

    @ParameterizedTest
    @EnumSource
    void withoutATimestampItBearsThatOfTheLastPacket(Version version) throws Exception {
        RawMqtt client = dial(version).enter(leaving(version, "{\"status\":\"LOST\"}"));
        client.publish(Publish.to("sensors/w").id(1).payload("{\"t\":1}"));
        client.expect("PUBACK 1");
        Instant reading = lastTime();
        Instant beforePing = Instant.now();
        client.expectNothingYet();
        Instant afterPing = Instant.now();
        long later = System.nanoTime() + 20_000_000;
        while (System.nanoTime() < later) {
            LockSupport.parkNanos(1_000_000);
        }
        client.cut();
        await("it is published", () -> stored().size() == 2);

        Instant will = lastTime();
        assertTrue(will.isAfter(reading));
        assertFalse(will.isBefore(beforePing.minusMillis(1)), will + " is before " + beforePing);
        assertFalse(will.isAfter(afterPing.plusMillis(1)), will + " is after " + afterPing);
    }

    @Test
    void withoutAnyPacketItBearsTheTimeOfConnect() throws Exception {
        Instant before = Instant.now().minusMillis(1);
        RawMqtt client = dial(Version.V3).enter(leaving(Version.V3, "{\"status\":\"LOST\"}"));
        Instant after = Instant.now().plusMillis(1);
        client.cut();
        await("it is published", () -> stored().size() == 1);
        assertTrue(lastTime().isAfter(before) && lastTime().isBefore(after), lastTime()::toString);
    }

    private Instant lastTime() {
        return Instant.parse(new JsonObject(stream.lines().getLast()).getString("timestamp"));
    }

    @Test
    void waitsForItsDelay() throws Exception {
        dial(Version.V5).enter(delayed(30)).cut();
        assertPublished();
        pass(Duration.ofSeconds(31));
        await("it is published", () -> stored().contains("w@99"));
    }

    @Test
    void isCancelledWhenTheClientComesBackInTime() throws Exception {
        dial(Version.V5).enter(delayed(30)).cut();
        await("it is gone", () -> openConnections() == 0);
        pass(Duration.ofSeconds(29));
        RawMqtt again = dial(Version.V5);
        assertTrue(again.connect(new Connect(Version.V5).clientId("w").resume().sessionExpiry(600))
                .sessionPresent());
        // that others' time has come shows that this one's would have
        dial(Version.V5)
                .enter(new Connect(Version.V5)
                        .clientId("other")
                        .sessionExpiry(600)
                        .will("sensors/other", WILL)
                        .willDelay(30))
                .cut();
        await("it is gone", () -> openConnections() == 1);
        pass(Duration.ofSeconds(31));
        await("the other's is published", () -> stored().contains("other@99"));
        assertEquals(List.of("other@99"), stored());
    }

    @Test
    void isPublishedWithTheEndOfTheSessionThoughItsDelayIsLonger() throws Exception {
        dial(Version.V5)
                .enter(leaving(Version.V5, WILL).sessionExpiry(10).willDelay(500))
                .cut();
        assertPublished();
        pass(Duration.ofSeconds(11));
        await("it is published", () -> stored().contains("w@99"));
    }

    @Test
    void isPublishedAtOnceWhereNoSessionIsKept() throws Exception {
        dial(Version.V5).enter(leaving(Version.V5, WILL).willDelay(500)).cut();
        assertPublished("w@99");
    }

    @Test
    void isPublishedWhenTheClientStartsAnew() throws Exception {
        dial(Version.V5).enter(delayed(30)).cut();
        await("it is gone", () -> openConnections() == 0);
        enter(Version.V5, "w").send(Packets.DISCONNECT).expectEnd();
        assertPublished("w@99");
    }

    @Test
    void isPublishedWhenANewerConnectionStartsAnew() throws Exception {
        RawMqtt older = dial(Version.V5).enter(delayed(30));
        RawMqtt newer = enter(Version.V5, "w");
        older.expectClosed(0x8e);
        newer.send(Packets.DISCONNECT).expectEnd();
        assertPublished("w@99");
    }

    @Test
    void isNotPublishedWhenANewerConnectionGoesOn() throws Exception {
        RawMqtt older = dial(Version.V5).enter(delayed(30));
        RawMqtt newer = dial(Version.V5)
                .enter(new Connect(Version.V5).clientId("w").resume().sessionExpiry(600));
        older.expectClosed(0x8e);
        newer.send(Packets.DISCONNECT).expectEnd();
        assertPublished();
    }

    @Test
    void oneThatIsNoReadingIsKeptInRejections() throws Exception {
        dial(Version.V3).enter(leaving(Version.V3, "offline")).cut();
        await("it was looked at", () -> !rejected().isEmpty());
        dial(Version.V3)
                .enter(new Connect(Version.V3).clientId("v").will("status/v", WILL, 2))
                .cut();
        await("it was looked at", () -> rejected().size() == 2);
        assertEquals("v status/v wrong-topic", rejected().getFirst());
        assertTrue(rejected().getLast().startsWith("w sensors/w "), rejected()::toString);
        assertEquals(List.of(), stored());
        assertStillServes();
    }
}
