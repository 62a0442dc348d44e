package dev.millrace.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.bench.load.LoadGenerator.Pace;
import dev.millrace.bench.load.StubBroker.Publish;
import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Only what a slow machine makes larger is held against a bound, and only against a lower one. */
class MqttLoadTest {

    private static final int RATE = 200;
    private static final int CONNECTIONS = 2;
    private static final int IN_FLIGHT = 20;
    private static final MqttLogin LOGIN = new MqttLogin("bench", "secret");

    @Test
    void publishesReadingsThatDifferOneSensorAConnection() throws Exception {
        // Given
        try (var broker = new StubBroker(0, (_, publish) -> List.of(puback(publish.id())))) {

            // When
            LoadResult result = run(broker, new Pace.Open(RATE), Duration.ofMillis(500));

            // Then
            assertEquals(100, result.latency().getTotalCount());
            assertEquals(0, result.failed());
            assertEquals(List.of("load-0 bench secret", "load-1 bench secret"), broker.logins());
            assertEquals(100, Set.copyOf(broker.publishes()).size());
            Set<String> topics = new HashSet<>();
            Set<Long> timestamps = new HashSet<>();
            for (Publish publish : broker.publishes()) {
                topics.add(publish.topic() + " of " + publish.clientId());
                timestamps.add(timestamp(publish));
            }
            assertEquals(Set.of("sensors/press-000 of load-0", "sensors/press-001 of load-1"), topics);
            assertEquals(50, timestamps.size(), "each connection counts 50 microseconds up");
        }
    }

    @Test
    void hasAtMostSoManyInFlightAndMeasuresTheWaitForTheirRoom() throws Exception {
        // Given a broker that stalls with the first publish for 600 ms: 120 have their time meanwhile, 40 have room
        var never = new CountDownLatch(1);
        try (var broker = new StubBroker(0, (number, publish) -> {
            if (number == 0) {
                await(never, 600);
            }
            return List.of(puback(publish.id()));
        })) {

            // When
            LoadResult result = run(broker, new Pace.Open(RATE), Duration.ofSeconds(1));

            // Then all were sent, and those of the stall's first half are found to have waited for its second; a
            // generator
            // that counts from when it could send sees 40 of the 60
            assertEquals(200, broker.publishes().size());
            assertEquals(200, result.latency().getTotalCount());
            assertTrue(longerThan(result, 299) >= 60 - 1, () -> longerThan(result, 299) + " were found to have waited");
            assertEquals(0, result.failed());
        }
    }

    @Test
    void hasNoMoreInFlightThanItMay() throws Exception {
        // Given a broker that acknowledges the twentieth publish of a connection, and with it those before, last one
        // first
        Map<String, Deque<Integer>> kept = new HashMap<>();
        try (var broker = new StubBroker(0, (_, publish) -> {
            Deque<Integer> ids = kept.computeIfAbsent(publish.clientId(), _ -> new ArrayDeque<>());
            assertTrue(!ids.contains(publish.id()), "an id is used again before its PUBACK");
            ids.push(publish.id());
            if (ids.size() < IN_FLIGHT) {
                return List.of();
            }
            ByteBuffer all = ByteBuffer.allocate(4 * IN_FLIGHT);
            ids.forEach(id -> all.put(puback(id)));
            ids.clear();
            return List.of(all.array());
        })) {

            // When as much is sent as may be: with fewer in flight nothing would come back, with more the ids run out
            LoadResult result;
            try (var generator = generator(broker)) {
                result = generator.run(new Pace.Closed(), Duration.ZERO, Duration.ofMillis(300), () -> Duration.ZERO);
            }

            // Then
            assertTrue(result.accepted() >= IN_FLIGHT);
            assertEquals(0, broker.publishes().size() % IN_FLIGHT);
            assertEquals(0, result.failed());
            assertTrue(broker.publishes().stream().allMatch(publish -> publish.id() >= 1 && publish.id() <= IN_FLIGHT));
        }
    }

    @Test
    void takesAcknowledgementsInAnyPieces() throws Exception {
        // Given a broker that sends half of a PUBACK at a time, or the rest of one with a part of the next
        try (var broker = new StubBroker(0, (number, publish) -> {
            byte[] puback = puback(publish.id());
            return switch (number % 3) {
                case 0 -> List.of(new byte[] {puback[0]}, new byte[] {puback[1], puback[2], puback[3]});
                case 1 -> List.of(new byte[] {puback[0], puback[1], puback[2]}, new byte[] {puback[3]});
                default -> List.of(puback);
            };
        })) {

            // When
            LoadResult result = run(broker, new Pace.Open(RATE), Duration.ofMillis(500));

            // Then
            assertEquals(100, result.latency().getTotalCount());
            assertEquals(0, result.failed());
        }
    }

    @Test
    void countsWhatIsNotAcknowledgedAsFailed() throws Exception {
        // Given a broker that leaves one out and acknowledges another by an id that nobody used
        try (var broker = new StubBroker(0, (number, publish) -> List.of(puback(number == 7 ? 4_711 : publish.id())))) {

            // When
            LoadResult result = run(broker, new Pace.Open(RATE), Duration.ofMillis(500));

            // Then it is said; the connection is another from there on
            assertTrue(result.failed() >= 1);
            assertEquals(List.of("ours: " + result.failed() + " failed"), result.flaws("ours"));
            assertEquals(3, broker.logins().size());
        }
    }

    @Test
    void doesNotGoOnWhereItIsNotLetIn() throws Exception {
        // Given
        try (var broker = new StubBroker(5, (_, _) -> List.of())) {

            // When
            IOException refused = assertThrows(IOException.class, () -> generator(broker));

            // Then
            assertEquals("CONNECT is answered by 20020005", refused.getMessage());
        }
    }

    private static LoadResult run(StubBroker broker, Pace pace, Duration window) throws IOException {
        try (var generator = generator(broker)) {
            return generator.run(pace, Duration.ZERO, window, () -> Duration.ZERO);
        }
    }

    private static LoadGenerator generator(StubBroker broker) throws IOException {
        return new LoadGenerator(broker.address(), new MqttPublishes(LOGIN, IN_FLIGHT), CONNECTIONS);
    }

    private static byte[] puback(int id) {
        return new byte[] {0x40, 2, (byte) (id >>> 8), (byte) id};
    }

    private static long timestamp(Publish publish) {
        String reading = publish.payload().replace("{", "{\"sensorId\":\"press\",");
        byte[] bytes = reading.getBytes(StandardCharsets.US_ASCII);
        Decoded decoded =
                new ReadingDecoder(ReadingLimits.DEFAULT).decode(bytes, 0, bytes.length, Rfc3339.MAX_MICROS, () -> -1);
        Decoded.Batch batch = assertInstanceOf(Decoded.Batch.class, decoded);
        return batch.readings().getFirst().timestamp();
    }

    private static void await(CountDownLatch never, int millis) {
        try {
            never.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long longerThan(LoadResult result, long millis) {
        return result.latency().getCountBetweenValues(TimeUnit.MILLISECONDS.toNanos(millis), Long.MAX_VALUE);
    }
}
