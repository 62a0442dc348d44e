package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.port.FreePort;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Two processors without Kubernetes, which know nothing of each other: one reads the stream, the other stands by. */
class TwoProcessorsIT {

    private static final int SENSORS = 8;
    private static final int RATE = 1_000;

    private static final String TAKEN = "millrace_processor_take_overs_total";

    private static JavaProcess start(Services services, String name) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("MEMBERSHIP", "none");
        environment.put("PROCESSOR_OWNER", name);
        return JavaProcess.start(services.directory(), "processor", environment);
    }

    private static void awaitOwner(Services services, String name) throws Exception {
        Await.until(
                name + " reads all",
                () -> Stored.owners(services).size() == 2
                        && Set.copyOf(Stored.owners(services).values()).equals(Set.of(name)));
    }

    /** Waits until every shard was read on. */
    private static void awaitMore(Services services) throws Exception {
        Set<String> before = Stored.positions(services);
        Await.until("every shard is read on", () -> {
            Set<String> same = new TreeSet<>(Stored.positions(services));
            same.retainAll(before);
            return same.isEmpty();
        });
    }

    @Test
    void oneReadsAllAndTheOtherTakesOver() throws Exception {
        int httpPort = FreePort.choose();
        try (Services services = new Services(2);
                JavaProcess one = start(services, "one")) {
            Map<String, String> environment = new HashMap<>(services.environment());
            environment.put("HTTP_PORT", Integer.toString(httpPort));
            try (JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", environment)) {
                one.awaitReady();
                gateway.awaitReady();
                Set<String> acknowledged;
                try (Load load = Load.start(httpPort, SENSORS, RATE)) {
                    awaitOwner(services, "one");
                    try (JavaProcess two = start(services, "two")) {
                        two.awaitReady();
                        awaitMore(services);
                        Await.until("there is something to lose", () -> Stored.lags(services));
                        assertEquals(0, two.metric(TAKEN), "it took what another one reads");
                        one.kill();
                        awaitOwner(services, "two");
                        awaitMore(services);
                        assertEquals(2, two.metric(TAKEN));

                        try (JavaProcess three = start(services, "three")) {
                            three.awaitReady();
                            awaitMore(services);
                            assertEquals(0, three.metric(TAKEN), "it took what another one reads");
                            two.terminate();
                            assertEquals(143, two.awaitExit());
                            // it has let go of them itself: nobody waits until it has been silent for long enough
                            assertFalse(Stored.owners(services).containsValue("two"));
                            awaitOwner(services, "three");
                            awaitMore(services);
                            acknowledged = stop(load);
                            Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
                            three.assertNoFault();
                        }
                        two.assertNoFault();
                    }
                }
                one.assertNoFault();
                gateway.assertNoFault();
                StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
                assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
                content.assertStored(services);
                assertFalse(content.anomalies.isEmpty());
            }
        }
    }

    private static Set<String> stop(Load load) {
        load.close();
        return load.accepted;
    }
}
