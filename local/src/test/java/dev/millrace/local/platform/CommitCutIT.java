package dev.millrace.local.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.local.port.FreePort;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * G3 where nobody knows what became of a commit: the connections of two processors, who share a stream by leases, are cut at
 * points of their transactions that a seed chooses, before, in and after the COMMIT, and some COMMITs happen when their client
 * has long gone on. The gateway ingests all the while.
 */
class CommitCutIT {

    private static final int SHARDS = 4;
    private static final int SENSORS = 8;
    private static final int RATE = 1_500;

    /** Of each kind; fewer would prove little. */
    private static final int LEAST_CUTS = 5;

    private static final int LEAST_READINGS = 10_000;

    /** A run of the past is repeated, as far as the machine's timing lets it, with {@code CUT_SEED}. */
    private static long seed() {
        String chosen = System.getenv("CUT_SEED");
        return chosen == null ? System.nanoTime() % 1_000_000_000L : Long.parseLong(chosen);
    }

    @Test
    void everyReadingHasItsEffectOnceWhereverACommitIsCut() throws Exception {
        long seed = seed();
        System.out.println("CommitCutIT: CUT_SEED=" + seed);
        try (Services services = new Services(SHARDS);
                LeaseApiServer api = new LeaseApiServer();
                CommitCutProxy network = new CommitCutProxy(services.postgresPort(), seed)) {
            int httpPort = FreePort.choose();
            Map<String, String> gatewayEnvironment = services.environment();
            gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));
            try (JavaProcess one = processor(services, network, api, "p-0");
                    JavaProcess two = processor(services, network, api, "p-1");
                    JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment)) {
                for (JavaProcess process : List.of(one, two, gateway)) {
                    process.awaitReady();
                }
                Await.until(
                        "both read", () -> services.number("SELECT count(DISTINCT owner) FROM shard_progress") == 2);
                Set<String> acknowledged;
                try (Load load = Load.start(httpPort, SENSORS, RATE)) {
                    network.cut();
                    putGarbage(services, network);
                    Await.until("it was cut everywhere", () -> network.cuts().values().stream()
                            .allMatch(count -> count.get() >= LEAST_CUTS));
                    Await.until("the load was real", () -> load.accepted.size() >= LEAST_READINGS);
                    acknowledged = load.accepted;
                }
                network.becomeCalm();
                Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
                StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
                System.out.printf(
                        "CommitCutIT: %s, %d acknowledged readings, %s, %.0f fenced commits%n",
                        network.cuts(), acknowledged.size(), content, fenced(one) + fenced(two));
                assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
                assertEquals(LEAST_CUTS, content.deadLetters.size());
                assertFalse(content.anomalies.isEmpty());
                content.assertStored(services);
                Await.until("Redis has the latest values", () -> Stored.notInRedis(services, "temperature")
                        .isEmpty());
                for (JavaProcess process : List.of(one, two, gateway)) {
                    process.awaitReady();
                    process.assertNoFault();
                }
            }
        }
    }

    private static double fenced(JavaProcess processor) throws Exception {
        return processor.metric("millrace_processor_fenced_commits_total");
    }

    private static JavaProcess processor(Services services, CommitCutProxy network, LeaseApiServer api, String pod)
            throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment(network.port()));
        environment.putAll(api.environment(pod, "4s"));
        environment.put("HOSTNAME", pod);
        return JavaProcess.start(services.directory(), "processor", environment);
    }

    /** A dead letter now and then, all of them while connections are cut. */
    private static void putGarbage(Services services, CommitCutProxy network) throws Exception {
        KinesisConfig config = KinesisConfig.read(new Environment(services.environment()));
        try (KinesisAsyncClient kinesis = KinesisClients.create(config, Duration.ofSeconds(20), 4)) {
            for (int i = 1; i <= LEAST_CUTS; i++) {
                int number = i;
                Await.until(
                        "connections are cut",
                        () -> network.cuts().values().stream()
                                        .mapToInt(count -> count.get())
                                        .sum()
                                >= number);
                kinesis.putRecord(request -> request.streamName(Services.STREAM)
                                .partitionKey("garbage-" + number)
                                .data(SdkBytes.fromString("no reading " + number, UTF_8)))
                        .join();
            }
        }
    }
}
