package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.simulate.StandIn.Judge;
import dev.millrace.local.simulate.StandIn.Verdict;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.vertx.mqtt.MqttEndpoint;
import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

class SimulatedDevicesOverMqttTest extends SimulatedDevicesContract {

    private static final Pattern NET_CLIENTS =
            Pattern.compile("(?m)^ *\\d+: +(\\d+) +\\d+ +io\\.vertx\\.core\\.net\\.impl\\.NetClientImpl\\b(?!\\$)");

    private final AtomicInteger connects = new AtomicInteger();

    @Override
    String scheme() {
        return "mqtt";
    }

    @Override
    StandIn listen(int port, Judge judge) {
        return new MqttStandIn(vertx, port, judge);
    }

    @Test
    void eachDeviceHasOneConnectionThatItKeeps() throws Exception {
        StandIn server = new MqttStandIn(vertx, 0, counted(MqttEndpoint::accept), plant::accept);

        start(server.port());

        for (int i = 0; i < 20 * SENSORS; i++) {
            plant.next();
        }
        assertEquals(SENSORS, connects.get());
    }

    @Test
    void comeBackWhenTheConnectionIsCut() throws Exception {
        var asked = new AtomicInteger();
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(MqttEndpoint::accept),
                (reading, key) ->
                        // every fourth reading of the first hundred costs its connection
                        asked.incrementAndGet() < 100 && asked.get() % 4 == 0
                                ? Verdict.REFUSED
                                : plant.accept(reading, key));

        start(server.port());

        Plant.awaitAtLeast(asked, 100);
        plant.forget();
        Set<String> seen = new HashSet<>();
        while (seen.size() < SENSORS) {
            seen.add(plant.next().getString("sensorId"));
        }
    }

    @Test
    void tryAgainWhenTheyAreNotLetIn() throws Exception {
        StandIn server = new MqttStandIn(
                vertx,
                0,
                endpoint -> {
                    if (connects.incrementAndGet() <= 2 * SENSORS) {
                        endpoint.reject(MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE);
                    } else {
                        endpoint.accept();
                    }
                },
                plant::accept);

        start(server.port());

        plant.next();
    }

    @Test
    void connectAnewWhereNoConnackComes() throws Exception {
        StandIn server = new MqttStandIn(
                vertx,
                0,
                endpoint -> {
                    if (connects.incrementAndGet() > SENSORS) {
                        endpoint.accept();
                    }
                },
                plant::accept);

        plant.start(List.of(address(server.port())), Optional.empty(), SENSORS, Plant.IMPATIENT);

        plant.next();
    }

    @Test
    void connectAnewWhereNoPubackComes() throws Exception {
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(MqttEndpoint::accept),
                (reading, key) -> connects.get() <= SENSORS ? Verdict.UNANSWERED : plant.accept(reading, key));

        plant.start(List.of(address(server.port())), Optional.empty(), SENSORS, Plant.IMPATIENT);

        plant.next();
    }

    @Test
    void doNotConnectAgainBeforeTheirWaitEnds() {
        // Given a time that stands still
        var now = new AtomicLong();
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(endpoint -> endpoint.reject(MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE)),
                plant::accept);
        plant.start(List.of(address(server.port())), Optional.empty(), SENSORS, Plant.PATIENT, now::get);
        Plant.awaitAtLeast(connects, SENSORS);

        // When each has had something to publish many times
        Plant.awaitAtLeast(plant.measured, plant.measured.get() + 20 * SENSORS);

        // Then each has tried once
        assertEquals(SENSORS, connects.get());
        // And tries again when its wait is over
        now.addAndGet(ReconnectBackOff.LAST_LIMIT.toNanos());
        Plant.awaitAtLeast(connects, 2 * SENSORS);
    }

    @Test
    void keepNothingOfConnectionsThatAreOver() throws Exception {
        // Given devices whose waits are always over, before a door that stays closed
        var now = new AtomicLong();
        long wait = ReconnectBackOff.LAST_LIMIT.toNanos();
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(endpoint -> endpoint.reject(MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE)),
                plant::accept);
        plant.start(
                List.of(address(server.port())), Optional.empty(), SENSORS, Plant.PATIENT, () -> now.addAndGet(wait));

        Plant.awaitAtLeast(connects, 400);

        assertTrue(netClients() < 100, () -> netClients() + " clients are kept");
    }

    /** How many there are in this process that something still holds. */
    private static long netClients() {
        try {
            Object histogram = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {null},
                            new String[] {String[].class.getName()});
            Matcher line = NET_CLIENTS.matcher(String.valueOf(histogram));
            return line.find() ? Long.parseLong(line.group(1)) : 0;
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void manyShareAHundredConnections() {
        int sensors = 2 * MqttTransport.MAX_CONNECTIONS + 50;
        Set<String> clients = ConcurrentHashMap.newKeySet();
        Map<String, Integer> waiting = new ConcurrentHashMap<>();
        var unanswered = new AtomicInteger();
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(endpoint -> {
                    clients.add(endpoint.clientIdentifier());
                    endpoint.accept();
                }),
                (reading, _) -> {
                    waiting.merge(reading.getString("sensorId"), 1, Integer::sum);
                    unanswered.incrementAndGet();
                    return Verdict.UNANSWERED;
                });

        plant.start(List.of(address(server.port())), Optional.empty(), sensors, Plant.PATIENT);

        // all may have one on its way, though several share a connection
        Plant.awaitAtLeast(unanswered, sensors);
        assertEquals(sensors, waiting.size());
        assertEquals(MqttTransport.MAX_CONNECTIONS, connects.get());
        assertEquals(MqttTransport.MAX_CONNECTIONS, clients.size());
    }

    @Test
    void sayGoodbyeWhenTheyStop() throws Exception {
        var goodbyes = new AtomicInteger();
        var closed = new AtomicInteger();
        StandIn server = new MqttStandIn(
                vertx,
                0,
                counted(endpoint -> {
                    endpoint.disconnectHandler(_ -> goodbyes.incrementAndGet());
                    endpoint.closeHandler(_ -> closed.incrementAndGet());
                    endpoint.accept();
                }),
                plant::accept);
        start(server.port());
        Set<String> seen = new HashSet<>();
        while (seen.size() < SENSORS) {
            seen.add(plant.next().getString("sensorId"));
        }

        plant.close();

        Plant.awaitAtLeast(closed, SENSORS);
        assertEquals(SENSORS, goodbyes.get());
        assertEquals(SENSORS, connects.get());
    }

    @Test
    void stopWhileAGatewayDoesNotLetThemIn() {
        var closed = new AtomicInteger();
        StandIn server = new MqttStandIn(
                vertx, 0, counted(endpoint -> endpoint.closeHandler(_ -> closed.incrementAndGet())), plant::accept);
        start(server.port());
        Plant.awaitAtLeast(connects, SENSORS);

        plant.close();

        Plant.awaitAtLeast(closed, SENSORS);
    }

    private Consumer<MqttEndpoint> counted(Consumer<MqttEndpoint> door) {
        return endpoint -> {
            connects.incrementAndGet();
            door.accept(endpoint);
        };
    }
}
