package dev.millrace.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class IdleConnectionsTest {

    private static final int COUNT = 300;
    private static final MqttLogin LOGIN = new MqttLogin("bench", "secret");

    @Test
    void countsTheConnectionsThatAreLetInAndThoseThatStillAnswer() throws Exception {
        // Given
        try (var broker = new StubBroker(0, (_, publish) -> List.of(MqttPacket.puback(publish.id())));
                var connections = new IdleConnections(broker.address(), LOGIN)) {

            // When, then
            assertEquals(COUNT, connections.open(COUNT));
            assertEquals(COUNT, connections.ping());
            assertEquals(COUNT, connections.publish());
            assertEquals(COUNT, connections.ping());
            assertEquals(Optional.empty(), connections.flaw());
            assertEquals(COUNT, new HashSet<>(broker.logins()).size());
            Set<String> topics =
                    broker.publishes().stream().map(StubBroker.Publish::topic).collect(Collectors.toSet());
            assertEquals(COUNT, topics.size());
        }
    }

    @Test
    void saysThatOneIsNotLetIn() throws Exception {
        // Given a broker that refuses all
        try (var broker = new StubBroker(5, (_, _) -> List.of());
                var connections = new IdleConnections(broker.address(), LOGIN)) {

            // When, then
            assertEquals(0, connections.open(COUNT));
            assertTrue(connections.flaw().orElseThrow().endsWith("another answer than was expected"));
        }
    }

    @Test
    void countsNoneThatGotAnotherAnswer() throws Exception {
        // Given a broker that answers one of them by a PUBREC
        try (var broker = new StubBroker(
                        0,
                        (number, publish) ->
                                List.of(number == 7 ? new byte[] {0x50, 2, 0, 1} : MqttPacket.puback(publish.id())));
                var connections = new IdleConnections(broker.address(), LOGIN)) {
            connections.open(COUNT);

            // When
            int published = connections.publish();

            // Then
            assertTrue(published < COUNT);
            assertTrue(connections.flaw().isPresent());
            assertTrue(connections.ping() < COUNT);
        }
    }
}
