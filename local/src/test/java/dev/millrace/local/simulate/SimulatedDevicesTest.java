package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.local.simulate.StandIn.Judge;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedDevicesTest {

    private final Vertx vertx = Vertx.vertx();
    private final Plant plant = new Plant(vertx);
    private final AtomicInteger taken = new AtomicInteger();

    @AfterEach
    void close() {
        plant.close();
        vertx.close().await();
    }

    @Test
    void thoseWithOddNumbersTakeTheFirstOfTwoWays() {
        Set<String> overMqtt = ConcurrentHashMap.newKeySet();
        Set<String> overHttp = ConcurrentHashMap.newKeySet();

        start(new MqttStandIn(vertx, 0, noting(overMqtt)), new HttpStandIn(vertx, 0, noting(overHttp)));

        Plant.awaitAtLeast(taken, 50);
        assertEquals(Set.of("press-01", "motor-03", "mixer-05"), overMqtt);
        assertEquals(Set.of("pump-02", "compressor-04"), overHttp);
    }

    @Test
    void oneWayThatDoesNotAnswerDoesNotStopTheOther() {
        Set<String> overHttp = ConcurrentHashMap.newKeySet();
        var away = new MqttStandIn(vertx, 0, (_, _) -> StandIn.Verdict.UNANSWERED);

        start(away, new HttpStandIn(vertx, 0, noting(overHttp)));

        Plant.awaitAtLeast(taken, 50);
        assertEquals(Set.of("pump-02", "compressor-04"), overHttp);
    }

    private void start(StandIn mqtt, StandIn http) {
        plant.start(
                List.of(URI.create("mqtt://127.0.0.1:" + mqtt.port()), URI.create("http://127.0.0.1:" + http.port())),
                Optional.empty(),
                5,
                Plant.PATIENT);
    }

    private Judge noting(Set<String> sensors) {
        return (reading, _) -> {
            sensors.add(reading.getString("sensorId"));
            taken.incrementAndGet();
            return StandIn.Verdict.ACKNOWLEDGED;
        };
    }
}
