package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.EmulatorConfig;
import dev.millrace.local.kinesis.KinesisEmulator;
import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * G4: Kinesis is away, or hangs, while 5,000 readings a second come in, each with 50 measurements, to a gateway with a heap of 256 MiB. It
 * refuses what it cannot hold, its heap does not grow, and it acknowledges again when Kinesis is back.
 */
class KinesisAwayIT {

    private static final int RATE = 5_000;
    private static final int SHARDS = 4;
    private static final int HEAP_MIB = 256;

    /** What {@code PUBLISH_BUFFER_MIB} says here, and what else may come beside it: requests without an answer, above all. */
    private static final int BUFFER_MIB = 64;

    private static final int BESIDE_MIB = 32;

    /** When the first look of two at the heap is taken in a long outage: the memory for readings is full by then. */
    private static final Duration FULL = Duration.ofSeconds(12);

    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +[0-9]+ +([0-9]+)");

    /** The ways of being away. */
    enum Away {
        /** Connections are refused. */
        UNREACHABLE {
            @Override
            void begin(KinesisEmulator kinesis) {
                kinesis.unplug().await();
            }

            @Override
            void end(KinesisEmulator kinesis) {
                kinesis.plugIn().await();
            }
        },
        /** No call is answered: each runs to its time-out. */
        SILENT {
            @Override
            void begin(KinesisEmulator kinesis) {
                kinesis.faults().add(FaultRule.of(new Fault.Hang()));
            }

            @Override
            void end(KinesisEmulator kinesis) {
                kinesis.faults().clear();
            }
        };

        abstract void begin(KinesisEmulator kinesis);

        abstract void end(KinesisEmulator kinesis);
    }

    @ParameterizedTest
    @EnumSource
    void aShortOutageIsRefusedAndForgotten(Away away) throws Exception {
        test(away, Duration.ofSeconds(5));
    }

    /** As long as {@code OUTAGE_SECONDS} says; 60 s unless set. */
    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    void aLongOutageTakesNoMoreMemoryThanAShortOne(Away away) throws Exception {
        test(away, Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault("OUTAGE_SECONDS", "60"))));
    }

    private static void test(Away away, Duration outage) throws Exception {
        // no limits: it is about the time without Kinesis, not about its rate
        EmulatorConfig emulator = EmulatorConfig.defaults().withLimits(Limits.none());
        try (Services services = new Services(SHARDS, emulator)) {
            services.migrate();
            int httpPort = FreePort.choose();
            Map<String, String> environment = new HashMap<>(services.environment());
            environment.put("HTTP_PORT", Integer.toString(httpPort));
            environment.put("PUBLISH_BUFFER_MIB", Integer.toString(BUFFER_MIB));
            List<String> options = List.of("-Xmx" + HEAP_MIB + "m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError");
            try (JavaProcess gateway = JavaProcess.start(services.directory(), options, "gateway", environment)) {
                gateway.awaitReady();
                OpenLoad load = OpenLoad.start(httpPort, RATE);
                try (load) {
                    Await.until("readings are acknowledged", () -> load.answers(202) > 100);
                    long atWork = liveMib(gateway);
                    int before = load.answers(503);
                    away.begin(services.kinesis);
                    long end = System.nanoTime() + outage.toNanos();
                    List<Long> heap = new ArrayList<>();
                    if (outage.compareTo(FULL.multipliedBy(2)) > 0) {
                        Await.until(System.nanoTime() + FULL.toNanos());
                        heap.add(liveMib(gateway));
                    }
                    Await.until(end);
                    // at the full rate long before; a machine that does not reach it needs longer to fill the memory
                    Await.until("what has no room is refused", () -> load.answers(503) > before);
                    heap.add(liveMib(gateway));
                    int refused = load.answers(503) - before;

                    long back = System.nanoTime();
                    away.end(services.kinesis);
                    Await.until("readings are acknowledged again", () -> load.lastAccepted.get() - back > 0);
                    System.out.printf(
                            "KinesisAwayIT: %s for %d s at %,d readings/s, -Xmx%dm: %d x 503, live %d MiB before and %s MiB"
                                    + " meanwhile, first 202 %d ms after Kinesis was back%n",
                            away,
                            outage.toSeconds(),
                            RATE,
                            HEAP_MIB,
                            refused,
                            atWork,
                            heap,
                            Duration.ofNanos(load.lastAccepted.get() - back).toMillis());
                    assertTrue(
                            heap.getLast() <= atWork + BUFFER_MIB + BESIDE_MIB,
                            () -> "more than the bound: " + atWork + ", then " + heap);
                    assertTrue(heap.getLast() <= heap.getFirst() * 5 / 4 + 16, () -> "grows with the outage: " + heap);
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

    /** The objects that are alive, in MiB: of one moment, so that what is allocated since the collection is not in it. */
    private static long liveMib(JavaProcess gateway) throws Exception {
        assertTrue(gateway.isAlive(), gateway::output);
        Matcher total = TOTAL.matcher(gateway.jcmd("GC.class_histogram"));
        assertTrue(total.find(), gateway::output);
        return Long.parseLong(total.group(1)) >> 20;
    }
}
