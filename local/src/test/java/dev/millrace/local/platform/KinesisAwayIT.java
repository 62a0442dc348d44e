package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.EmulatorConfig;
import dev.millrace.local.kinesis.store.Limits;
import dev.millrace.local.port.FreePort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * G4: Kinesis is away while 5,000 readings a second come in, each with 50 measurements, to a gateway with a heap of 256 MiB. It
 * refuses what it cannot hold, its heap does not grow, and it acknowledges again when Kinesis is back.
 */
class KinesisAwayIT {

    private static final int RATE = 5_000;
    private static final int SHARDS = 4;
    private static final int HEAP_MIB = 256;

    /** When the first look at the heap is taken: the memory for readings is full by then. */
    private static final Duration FULL = Duration.ofSeconds(12);

    private static final Pattern USED = Pattern.compile("used ([0-9]+)K");

    @Test
    void aShortOutageIsRefusedAndForgotten() throws Exception {
        away(Duration.ofSeconds(5));
    }

    /** As long as {@code OUTAGE_SECONDS} says; 60 s unless set. */
    @Test
    @Tag("soak")
    void aLongOutageTakesNoMoreMemoryThanAShortOne() throws Exception {
        away(Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault("OUTAGE_SECONDS", "60"))));
    }

    private static void away(Duration outage) throws Exception {
        // no limits: it is about the time without Kinesis, not about its rate
        EmulatorConfig emulator = EmulatorConfig.defaults().withLimits(Limits.none());
        try (Services services = new Services(SHARDS, emulator)) {
            services.migrate();
            int httpPort = FreePort.choose();
            Map<String, String> environment = new HashMap<>(services.environment());
            environment.put("HTTP_PORT", Integer.toString(httpPort));
            List<String> options = List.of("-Xmx" + HEAP_MIB + "m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError");
            try (JavaProcess gateway = JavaProcess.start(services.directory(), options, "gateway", environment)) {
                gateway.awaitReady();
                OpenLoad load = OpenLoad.start(httpPort, RATE);
                try (load) {
                    Await.until("readings are acknowledged", () -> load.answers(202) > 100);
                    int before = load.answers(503);
                    services.kinesis.unplug().await();
                    long end = System.nanoTime() + outage.toNanos();
                    List<Long> heap = new ArrayList<>();
                    if (outage.compareTo(FULL.multipliedBy(2)) > 0) {
                        Await.until(System.nanoTime() + FULL.toNanos());
                        heap.add(usedMib(gateway));
                    }
                    Await.until(end);
                    heap.add(usedMib(gateway));
                    int refused = load.answers(503) - before;
                    assertTrue(refused > 0, load.statuses::toString);
                    assertTrue(gateway.isAlive(), gateway::output);

                    long back = System.nanoTime();
                    services.kinesis.plugIn().await();
                    Await.until("readings are acknowledged again", () -> load.lastAccepted.get() - back > 0);
                    System.out.printf(
                            "KinesisAwayIT: away %d s at %,d readings/s, -Xmx%dm: %d x 503, heap used %s MiB after"
                                    + " collections, first 202 %d ms after Kinesis was back%n",
                            outage.toSeconds(),
                            RATE,
                            HEAP_MIB,
                            refused,
                            heap,
                            Duration.ofNanos(load.lastAccepted.get() - back).toMillis());
                    assertTrue(heap.getLast() <= heap.getFirst() * 5 / 4 + 16, () -> "the heap grows: " + heap);
                }
                assertEquals(Set.of(202, 503), load.statuses.keySet(), load.statuses::toString);
                assertTold(load, StreamOrder.read(services.kinesis, Services.STREAM, "open-"));
                gateway.assertNoFault();
            }
        }
    }

    /** G1: what the gateway said is in the stream is there. G2: what was sent after that comes after it. */
    private static void assertTold(OpenLoad load, StreamOrder stream) {
        Map<String, List<OpenLoad.Sent>> bySensor =
                load.answered.stream().collect(Collectors.groupingBy(OpenLoad.Sent::sensor));
        bySensor.forEach((sensor, requests) -> {
            List<Integer> order = List.copyOf(stream.of(sensor));
            Map<Integer, Integer> places = new HashMap<>();
            order.forEach(number -> places.put(number, places.size()));
            for (OpenLoad.Sent x : requests) {
                assertTrue(places.keySet().containsAll(x.accepted()), () -> x + " is not in the stream");
                for (OpenLoad.Sent y : requests) {
                    if (x.status() == 202 && y.sentAt() > x.answeredAt() && places.containsKey(y.number())) {
                        assertTrue(
                                places.get(x.number() + OpenLoad.READINGS - 1) < places.get(y.number()),
                                () -> y + " came before " + x);
                    }
                }
            }
        });
    }

    /** What of the heap is in use after a full collection, in MiB. */
    private static long usedMib(JavaProcess gateway) throws Exception {
        assertTrue(gateway.isAlive(), gateway::output);
        gateway.jcmd("GC.run");
        String heap = gateway.jcmd("GC.heap_info");
        Matcher used = USED.matcher(heap);
        assertTrue(used.find(), () -> heap + gateway.output());
        return Long.parseLong(used.group(1)) / 1024;
    }
}
