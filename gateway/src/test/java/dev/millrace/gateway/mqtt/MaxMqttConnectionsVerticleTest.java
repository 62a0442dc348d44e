package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** No more connections than there may be. */
class MaxMqttConnectionsVerticleTest extends MqttDoorFixture {

    @Override
    int maxConnections() {
        return 5;
    }

    @Test
    void oneConnectionTooManyIsClosedAndTheNextServed() throws Exception {
        RawMqtt first = enter(Version.V5, "first");
        for (int i = 1; i < 5; i++) {
            enter(Version.V5, "c" + i);
        }
        RawMqtt tooMany = dial(Version.V5);
        try {
            tooMany.send(new Connect(Version.V5).clientId("x").bytes());
        } catch (IOException e) {
            // it is closed already
        }
        tooMany.readToEnd().forEach(answer -> assertTrue(answer.reason() >= 0x80, answer.brief()));
        assertEquals(5, openConnections());
        first.send(Packets.DISCONNECT);
        first.expectEnd();
        await("there is room", () -> openConnections() == 4);
        enter(Version.V5, "y");
    }
}
