package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.simulate.SimulatedReading.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedMachineTest {

    private static final Instant START = Instant.parse("2026-11-20T00:00:00Z");
    private static final int DAY = 86_400;

    @Test
    void isNamedForItsKindAndNumber() {
        assertEquals(
                List.of("press-01", "pump-02", "motor-03", "compressor-04", "mixer-05", "press-06"),
                IntStream.range(0, 6)
                        .mapToObj(number -> new SimulatedMachine(number, 1).id())
                        .toList());
    }

    @Test
    void measuresTheSameForTheSameSeed() {
        assertEquals(readings(3, 7, 1000), readings(3, 7, 1000));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void staysPlausibleForADayAndGoesOverEachLimitNowAndThen(int number) {
        var readings = readings(number, 1, DAY);

        assertTrue(readings.stream()
                .allMatch(reading -> reading.temperature() > 20
                        && reading.temperature() < 115
                        && reading.pressure() >= 0
                        && reading.pressure() < 12
                        && reading.vibration() >= 0
                        && reading.vibration() < 14));
        long hot =
                readings.stream().filter(reading -> reading.temperature() > 90).count();
        long pressed =
                readings.stream().filter(reading -> reading.pressure() > 8).count();
        long shaken =
                readings.stream().filter(reading -> reading.vibration() > 7.1).count();
        assertTrue(hot > 0 && hot < DAY / 20, () -> hot + " s above 90 °C");
        assertTrue(pressed > 0 && pressed < DAY / 20, () -> pressed + " s above 8 bar");
        assertTrue(shaken > 0 && shaken < DAY / 20, () -> shaken + " s above 7.1 mm/s");
    }

    @Test
    void saysWhatItIsDoing() {
        var readings = readings(0, 1, DAY);

        assertTrue(readings.stream().anyMatch(reading -> reading.status() == Status.RUNNING));
        assertTrue(readings.stream().anyMatch(reading -> reading.status() == Status.IDLE));
        // the values sent are rounded to hundredths
        assertTrue(readings.stream()
                .filter(reading ->
                        reading.temperature() > 90.01 || reading.pressure() > 8.01 || reading.vibration() > 7.11)
                .allMatch(reading -> reading.status() == Status.FAULT));
        assertTrue(readings.stream()
                .filter(reading -> reading.status() == Status.FAULT)
                .allMatch(reading ->
                        reading.temperature() >= 90 || reading.pressure() >= 8 || reading.vibration() >= 7.1));
    }

    @Test
    void writesTheReadingAsTheContractWantsIt() {
        var reading = new SimulatedReading("press-01", START, 63.25, 5.5, 2.4, Status.RUNNING);

        assertEquals(
                "{\"sensorId\":\"press-01\",\"temperature\":63.25,\"pressure\":5.5,\"vibration\":2.4,"
                        + "\"status\":\"RUNNING\",\"timestamp\":\"2026-11-20T00:00:00Z\"}",
                reading.toJson().encode());
    }

    private static List<SimulatedReading> readings(int number, long seed, int seconds) {
        var machine = new SimulatedMachine(number, seed);
        List<SimulatedReading> readings = new ArrayList<>();
        IntStream.range(0, seconds).forEach(second -> readings.add(machine.measure(START.plusSeconds(second))));
        return readings;
    }
}
